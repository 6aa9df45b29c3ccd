"""Addresses of the chat."""

from django.urls import path

from chat import invitations, members, notifying, people, room_settings, uploads, views

urlpatterns = [
    path("", views.chat_page, name="chat-page"),
    path("<str:slug>/", views.room_page, name="room"),
    path("<str:slug>/messages/", views.messages, name="messages"),
    path("<str:slug>/people/", people.people, name="people"),
    path("<str:slug>/notify/", notifying.notify, name="notify"),
    path("<str:slug>/settings/", room_settings.room_settings, name="room-settings"),
    path("<str:slug>/uploads/", uploads.upload, name="uploads"),
    path("<str:slug>/uploads/<int:attachment_id>/", uploads.file, name="upload"),
    path("<str:slug>/uploads/<int:attachment_id>/thumbnail/", uploads.thumbnail, name="thumbnail"),
    path("<str:slug>/members/", members.members, name="members"),
    path("<str:slug>/members/<str:username>/", members.member, name="member"),
    path("<str:slug>/invitations/", invitations.room_links, name="room-links"),
    path("<str:slug>/invitations/<int:number>/", invitations.room_link, name="room-link"),
    path("<str:slug>/bans/<str:username>/", members.ban, name="room-ban"),
]

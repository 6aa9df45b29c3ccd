"""Addresses of the chat."""

from django.urls import path

from chat import views

urlpatterns = [
    path("", views.chat_page, name="chat-page"),
    path("<str:slug>/", views.room_page, name="room"),
    path("<str:slug>/messages/", views.messages, name="messages"),
    path("<str:slug>/members/", views.members, name="members"),
    path("<str:slug>/members/<str:username>/", views.member, name="member"),
    path("<str:slug>/bans/<str:username>/", views.room_ban, name="room-ban"),
]

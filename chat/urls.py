"""Addresses of the chat."""

from django.urls import path

from chat import views

urlpatterns = [
    path("", views.chat_page, name="chat-page"),
    path("<str:slug>/", views.room_page, name="room"),
    path("<str:slug>/messages/", views.messages, name="messages"),
]

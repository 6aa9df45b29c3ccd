"""The addresses of the whole site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts.views import set_up
from chat import invitations, portraits
from chat.directory import people_page
from chat.searching import found_messages
from chat.views import first_room

# The admin's own sign-in form knows no limits: administrators enter where everybody does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "ChatApp"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="chat-page")),
    path("accounts/picture/", portraits.own_portrait, name="own-portrait"),
    path("accounts/", include("accounts.urls")),
    path("setup/<str:token>/", set_up, name="setup"),
    path("welcome/", first_room, name="first-room"),
    path("join/<str:token>/", invitations.join, name="join"),
    path("invitations/", invitations.site_links, name="site-links"),
    path("invitations/<int:number>/", invitations.site_link, name="site-link"),
    path("chat/", include("chat.urls")),
    path("people/", people_page, name="people-page"),
    path("people/<str:username>/picture/<str:key>/", portraits.portrait, name="portrait"),
    path("search/", found_messages, name="search"),
    path("admin/", admin.site.urls),
]

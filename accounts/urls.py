"""allauth's views; those of the entrance in our own pages, all others through its layouts.

No name in templates/registration/ is one that the admin's password pages look up there.
"""

from allauth.account import views as allauth_views
from django.urls import include, path, re_path

from accounts.adapter import is_mail_printed
from accounts.views import EmailView, LoginView, ProfileView, choose_theme, sign_out_elsewhere

urlpatterns = [
    path("", ProfileView.as_view(), name="account_profile"),
    path("theme/", choose_theme, name="account_theme"),
    path("login/", LoginView.as_view(), name="account_login"),
    path(
        "signup/",
        allauth_views.SignupView.as_view(template_name="registration/signup.html"),
        name="account_signup",
    ),
    path(
        "logout/",
        allauth_views.LogoutView.as_view(template_name="registration/logout.html"),
        name="account_logout",
    ),
    path("logout/elsewhere/", sign_out_elsewhere, name="account_logout_elsewhere"),
    path(
        "password/reset/",
        allauth_views.PasswordResetView.as_view(template_name="registration/password_reset.html"),
        name="account_reset_password",
    ),
    path(
        "password/reset/done/",
        allauth_views.PasswordResetDoneView.as_view(
            template_name="registration/password_reset_sent.html",
            extra_context={"is_mail_printed": is_mail_printed},
        ),
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth_views.PasswordResetFromKeyView.as_view(
            template_name="registration/password_new.html"
        ),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth_views.PasswordResetFromKeyDoneView.as_view(
            template_name="registration/password_new_done.html"
        ),
        name="account_reset_password_from_key_done",
    ),
    path(
        "password/change/",
        allauth_views.PasswordChangeView.as_view(template_name="registration/password_change.html"),
        name="account_change_password",
    ),
    path("email/", EmailView.as_view(), name="account_email"),
    path("", include("allauth.urls")),
]

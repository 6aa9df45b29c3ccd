"""Our policy for allauth: who may sign up, under which name, and where people are sent."""

import logging
from contextlib import suppress
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.backends.base import UpdateError
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts.models import Invitation, User
from accounts.names import fold, normalize

log = logging.getLogger("accounts.mail")

# In the session: the key of the invitation that was accepted there.
INVITATION_KEY = "invitation"

CONFIRMATION_SENT = "account/messages/email_confirmation_sent.txt"
PRINTER = "django.core.mail.backends.console.EmailBackend"


def is_mail_printed() -> bool:
    """Whether mail goes nowhere but to where the server was started."""
    return bool(settings.EMAIL_BACKEND == PRINTER)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP_OPEN) or invitation_of(request) is not None

    def is_safe_url(self, url: str | None) -> bool:
        # allauth also trusts each name in ALLOWED_HOSTS, and http://localhost/ need not be us.
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def clean_username(self, username: str, shallow: bool = False) -> str:
        username = normalize(username)
        # Somebody's address is not a name for somebody else, who would be taken for them where they
        # sign in with it. Without looking whose it is: the answer would tell who has an account.
        if not shallow and is_address(username):
            raise ValidationError(_("Choose a name that is not an email address."))
        if not shallow:
            User._meta.get_field("username").validate(username, None)
        super().clean_username(username, shallow)
        if not shallow and User.objects.filter(username_key=username).exists():
            raise self.validation_error("username_taken")
        return username

    def save_user(
        self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True
    ) -> User:
        # The password is hashed before: that takes long, and nobody else can write meanwhile.
        super().save_user(request, user, form, commit=False)
        if not commit:
            return user
        try:
            with transaction.atomic():
                user.save()
                if not getattr(form, "needs_no_invitation", False):
                    self.count_invitation(request, user)
        except IntegrityError as taken:
            # Somebody, or a second click, was quicker with this name between check and write.
            messages.error(request, str(self.error_messages["username_taken"]))
            again = HttpResponseRedirect(request.get_full_path())
            raise ImmediateHttpResponse(again) from taken
        return user

    def count_invitation(self, request: HttpRequest, user: User) -> None:
        """Who comes by an invitation is counted by it, and must be in a house that is closed."""
        invitation = invitation_of(request)
        is_counted = invitation is not None and invitation.use(user)
        if not is_counted and not settings.SIGNUP_OPEN:
            # Somebody else was quicker with its last use: the page says that it is closed.
            raise ImmediateHttpResponse(HttpResponseRedirect(request.get_full_path()))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Back to the invitation, where confirming an address has lost the way there."""
        invitation = invitation_of(request)
        if invitation:
            return invitation.get_absolute_url()
        address: str = super().get_login_redirect_url(request)
        return address

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *rest: Any,
        **more: Any,
    ) -> None:
        # Nobody waits for a mail that is only printed where the server was started.
        if message_template != CONFIRMATION_SENT or not is_mail_printed():
            super().add_message(request, level, message_template, *rest, **more)

    def send_notification_mail(
        self, template_prefix: str, user: User, *rest: Any, **more: Any
    ) -> None:
        # After a change of the password the session holds what keeps it valid, unsaved until the
        # answer: a mail server may take longer than the chat waits before it looks again.
        save_session(self.request)
        super().send_notification_mail(template_prefix, user, *rest, **more)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        # The account has been written by then: a mail server that is away must not make a page
        # of it that says otherwise. What was to be sent can be asked for again.
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException) as error:
            log.error("A mail (%s) could not be sent: %s", template_prefix, error)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        # Failed tries are counted for each name: its other spellings are not other names.
        folded = {
            kind: fold(value) if kind in ("username", "email") else value
            for kind, value in credentials.items()
        }
        super().pre_authenticate(request, **folded)


def is_address(username: str) -> bool:
    try:
        validate_email(username)
    except ValidationError:
        return False
    return True


def invitation_of(request: HttpRequest) -> Invitation | None:
    """The invitation that somebody accepted in this browser before they had an account."""
    key = request.session.get(INVITATION_KEY)
    return Invitation.of_key(key, request.user) if key else None


def save_session(request: HttpRequest | None) -> None:
    session = getattr(request, "session", None)
    if session is None or not session.modified or session.is_empty():
        return
    # Ended meanwhile: the middleware says so with the answer.
    with suppress(UpdateError):
        session.save()

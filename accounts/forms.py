from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth.forms import UserChangeForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import User

# The longest e-mail address there is.
LOGIN_CHARS = 254


class LoginForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Says what may be typed, tells password managers, and bounds what is normalised."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("Username or email"),
            max_length=LOGIN_CHARS,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
        )
        self.order_fields(["login", "password"])


# What AUTH_PASSWORD_VALIDATORS ask for. Each of them tells it in a sentence or two of its own.
PASSWORD_RULES = _("At least 8 characters; not a common password, not only digits.")


class NewPassword:
    """Its rules in one line, its labels written as all others are."""

    fields: dict[str, forms.Field]
    password_labels = (_("Password"), _("Password (again)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in zip(("password1", "password2"), self.password_labels, strict=True):
            self.fields[name].label = label
        self.fields["password1"].help_text = PASSWORD_RULES


class SignupForm(NewPassword, allauth_forms.SignupForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(NewPassword, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    password_labels = (_("New password"), _("New password (again)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")


class ResetPasswordKeyForm(NewPassword, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    password_labels = (_("New password"), _("New password (again)"))


class AdministratorForm(SignupForm):
    """Signing up, as the one who looks after all."""

    needs_no_invitation = True

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        # Where confirming is demanded, signing up tells nobody whose address has an account.
        if self.account_already_exists:
            self.add_error("email", _("Somebody here has this address already."))
        return cleaned

    def save_administrator(self, request: HttpRequest) -> User:
        user: User = self.save(request)
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
        # Who reads the server's terminal need not wait for a mail that it may not send yet.
        EmailAddress.objects.filter(user=user).update(verified=True)
        return user


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("display_name", "language", "theme")
        widgets: ClassVar = {"display_name": forms.TextInput(attrs={"autocomplete": "nickname"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Same as browser")), *settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), choices=choices, required=False
        )
        self.fields["theme"] = forms.ChoiceField(
            label=_("Appearance"), choices=User.Theme.choices, required=False
        )

    def clean_theme(self) -> str:
        """Who says nothing of it keeps it."""
        theme: str = self.cleaned_data["theme"] or self.instance.theme
        return theme


class PersonForm(UserChangeForm):  # type: ignore[type-arg]
    """As whoever looks after the site sees somebody."""

    without_picture = forms.BooleanField(label=_("Remove the picture"), required=False)

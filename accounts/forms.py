from typing import Any, ClassVar

from allauth.account import forms as allauth_forms
from django import forms
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


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("display_name",)
        widgets: ClassVar = {"display_name": forms.TextInput(attrs={"autocomplete": "nickname"})}

"""Forms of the chat's pages."""

from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chat.errors import ChatError
from chat.limits import ROOM_NAME_CHARS
from chat.names import clean_name


class RoomForm(forms.Form):
    """The name of a room, to enter it or to make it."""

    name = forms.CharField(
        label=_("Room name"),
        max_length=ROOM_NAME_CHARS,
        error_messages={"required": _("Type a name.")},
    )

    private = forms.BooleanField(label=_("Private: only invited people see it"), required=False)

    def clean_name(self) -> str:
        try:
            return clean_name(cast(str, self.cleaned_data["name"]))
        except ChatError as refusal:
            raise ValidationError(refusal.detail) from refusal

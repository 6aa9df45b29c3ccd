"""What people may be called: one spelling for each username, no name that cannot be seen.

The fields do it in `to_python`, through which validation, every write and every exact lookup
pass: no way into the database leads around it.
"""

import unicodedata
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    Text = models.CharField[str, str]
else:  # Django's own fields take no type arguments when they run.
    Text = models.CharField

# Letters by Unicode's book that nothing draws: fillers of Hangul, the empty Braille pattern.
INVISIBLE_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"
# Control characters; format characters, which turn the direction of a text, have no width or
# tag in secret; surrogates and private code points.
INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co"}

# Letters that Unicode does not take apart, as those write them who have no key for them. The page
# has the same (static/js/model/text.js).
WITHOUT_STROKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)

# Behind an @ in a chat these call everybody in a room. An account that has one of them keeps it.
EVERYBODY = frozenset({"all", "everyone"})


def is_invisible(character: str) -> bool:
    return character in INVISIBLE_LETTERS or unicodedata.category(character) in INVISIBLE_CATEGORIES


def normalize(username: str) -> str:
    return unicodedata.normalize("NFKC", username)


def fold(username: str) -> str:
    """What two usernames that differ in case alone have in common, in any script."""
    return normalize(normalize(username).casefold())


def visible(text: str) -> str:
    """The text on one line, without what cannot be seen; empty if nothing is left to see."""
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in spaced if not is_invisible(character))
    return " ".join(kept.split()) if any(map(has_shape, kept)) else ""


def has_shape(character: str) -> bool:
    """Letters, digits, signs and symbols; not a mark that waits for something to sit on."""
    return unicodedata.category(character)[0] in "LNPS"


def validate_visible(username: str) -> None:
    if any(map(is_invisible, username)):
        raise ValidationError(_("This name has a character that cannot be seen."))


def plain(text: str) -> str:
    """Without case, accents, strokes and other marks: how a name is looked for."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(character for character in apart if not unicodedata.combining(character))
    return bare.translate(WITHOUT_STROKE)


class UsernameField(Text):
    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return normalize(value) if isinstance(value, str) else value

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """`model_instance`: whose name it is; none of an account that is yet to be made."""
        super().validate(value, model_instance)
        is_new = model_instance is None or model_instance._state.adding
        if is_new and fold(value) in EVERYBODY:
            raise ValidationError(_("This name stands for everybody in a room."))


class UsernameKeyField(Text):
    """Follows `username` by itself, whichever way a row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = fold(model_instance.username)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, key)
        return key

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return fold(value) if isinstance(value, str) else value


class NameKeyField(Text):
    """Follows what somebody is called, whichever way a row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        # Not its `name`, which the models of migrations have not got.
        name = model_instance.display_name or model_instance.username  # type: ignore[attr-defined]
        key: str = self.to_python(name)[: self.max_length]
        setattr(model_instance, self.attname, key)
        return key

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return plain(value) if isinstance(value, str) else value


class DisplayNameField(Text):
    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return visible(value) if isinstance(value, str) else value

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = _("Chat")

    def ready(self) -> None:
        from chat import activity, beginning, checks, faces, indexing, portraits, revocation

        checks.register_checks()
        activity.begin()
        indexing.begin()
        revocation.begin()
        beginning.begin()
        portraits.begin()
        faces.begin()

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import activity, beginning, checks, revocation

        checks.register_checks()
        activity.begin()
        revocation.begin()
        beginning.begin()

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import checks, revocation

        checks.register_checks()
        revocation.connect_signals()

"""The moderators' desk. What they do goes through the same actions as in the room.

Conversations are nobody's business but their people's: neither they, nor who is in them, nor what
is said in them is here.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from chat.actions.members import change_role
from chat.actions.messages import delete_message
from chat.actions.settings import change_room
from chat.models import Membership, Message, MessageRevision, Room


class WithoutBulkDeletion(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that others look at are never deleted by the way."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who belongs here, or did; to look at."""

    model = Membership
    extra = 0
    fields = ["user", "role", "standing", "read", "joined_at"]
    readonly_fields = ["user", "role", "standing", "read", "joined_at"]
    show_change_link = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        memberships: QuerySet[Membership] = super().get_queryset(request)
        return memberships.select_related("user", "room")

    def has_add_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return False


@admin.register(Room)
class RoomAdmin(WithoutBulkDeletion):
    list_display = ["name", "slug", "kind", "topic", "archived", "members", "tick", "created_at"]
    list_filter = ["kind", "archived", "created_at"]
    search_fields = ["name", "slug", "topic"]
    # A room's identity and slug are made from its name; they stay.
    readonly_fields = ["name", "slug", "kind", "tick", "created_by", "created_at"]
    fields = [
        "name",
        "slug",
        "kind",
        "topic",
        "posting",
        "archived",
        "tick",
        "created_by",
        "created_at",
    ]
    inlines = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        rooms: QuerySet[Room] = super().get_queryset(request)
        rooms = rooms.exclude(kind=Room.Kind.DIRECT)
        return rooms.select_related("created_by").annotate(
            member_count=Count("memberships", filter=Q(memberships__standing="belongs"))
        )

    @admin.display(description=_("members"), ordering="member_count")
    def members(self, room: Any) -> int:
        return int(room.member_count)

    def save_model(self, request: HttpRequest, obj: Room, form: Any, change: bool) -> None:
        change_room(room=obj, by=None, topic=obj.topic, posting=obj.posting, archived=obj.archived)

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Rooms are made where everybody makes them.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return False


@admin.register(Membership)
class MembershipAdmin(WithoutBulkDeletion):
    list_display = ["user", "room", "role", "standing", "read", "joined_at"]
    list_filter = ["standing", "role", "joined_at"]
    list_select_related = ["user", "room"]
    search_fields = ["user__username", "user__display_name", "room__name"]
    readonly_fields = ["user", "room", "standing", "read", "joined_at"]
    fields = ["user", "room", "role", "standing", "read", "joined_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        memberships: QuerySet[Membership] = super().get_queryset(request)
        return memberships.exclude(room__kind=Room.Kind.DIRECT)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        change_role(membership=obj, role=obj.role)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        # A row that is gone cuts nobody off; the room's page of members does.
        return False


class RevisionInline(admin.TabularInline):  # type: ignore[type-arg]
    """What a message said before it was edited; to look at."""

    model = MessageRevision
    extra = 0
    fields = ["text", "replaced_at"]
    readonly_fields = ["text", "replaced_at"]
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(WithoutBulkDeletion):
    """Read-only, but for the action Delete, which every screen sees at once."""

    list_display = ["excerpt", "sender", "room", "seq", "created_at", "deleted_at"]
    list_filter = ["created_at", "kind", ("deleted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["sender", "room"]
    search_fields = ["text", "sender__username", "room__name"]
    date_hierarchy = "created_at"
    actions = ["delete_messages"]
    inlines = [RevisionInline]
    # The text says it all; here it is shown as it was typed.
    exclude = ["digest", "html"]
    # Counting a large table for the page numbers costs more than the page.
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        said: QuerySet[Message] = super().get_queryset(request)
        return said.exclude(room__kind=Room.Kind.DIRECT)

    @admin.display(description=_("message"))
    def excerpt(self, message: Message) -> str:
        if message.deleted_at is not None:
            return str(_("(deleted)"))
        return message.text if len(message.text) <= 80 else f"{message.text[:79]}…"

    @admin.action(description=_("Delete"), permissions=["delete_message"])
    def delete_messages(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        count = sum(delete_message(message=message) for message in chosen)
        text = ngettext("%(count)d message was deleted.", "%(count)d messages were deleted.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)

    def has_delete_message_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.delete_message")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        # The row stays, emptied: deleting it would leave a hole in the room's log.
        return False

"""Our own page of an account, and what allauth's entrance does not know by itself."""

from typing import Any

from allauth.account import views as allauth_views
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.signup import complete_signup
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import UpdateView

from accounts import setup
from accounts.adapter import is_mail_printed
from accounts.forms import AdministratorForm, ProfileForm
from accounts.languages import language_of
from accounts.models import User


class LoginView(allauth_views.LoginView):  # type: ignore[misc]
    template_name = "registration/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["signup_open"] = get_adapter().is_open_for_signup(self.request)
        context["nobody_is_here"] = setup.nobody_is_here()
        return context


class EmailView(allauth_views.EmailView):  # type: ignore[misc]  # allauth has no types
    template_name = "registration/email.html"

    def _action_send(self, request: HttpRequest, *rest: Any, **more: Any) -> HttpResponse | None:
        """As allauth, which says nothing where no mail comes."""
        answer: HttpResponse | None = super()._action_send(request, *rest, **more)
        if not self._get_email_address(request):
            return answer
        if is_mail_printed():
            messages.warning(
                request,
                _("This server sends no mail yet. Ask whoever runs it: the link is in its log."),
            )
        elif not self._did_send_verification_email:
            messages.info(request, _("A mail was sent minutes ago. Wait a little, then try again."))
        return answer


@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator, signed in; a link that is wrong or was used says no more."""
    if not setup.opens(token):
        return render(request, "registration/setup_over.html", status=404)
    form = AdministratorForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "registration/setup.html", {"form": form})
    user = setup.make_administrator(request, token, form)
    if user is None:
        return render(request, "registration/setup_over.html", status=404)
    answer: HttpResponse = complete_signup(
        request, user=user, redirect_url=resolve_url(settings.SETUP_REDIRECT_URL)
    )
    return answer


class ProfileView(LoginRequiredMixin, SuccessMessageMixin, UpdateView):  # type: ignore[type-arg]
    form_class = ProfileForm
    template_name = "registration/profile.html"
    success_url = reverse_lazy("account_profile")
    success_message = _("Saved.")

    def get_success_message(self, cleaned_data: dict[str, str]) -> str:
        # The language may be what was saved.
        asked_for = self.request.headers.get("Accept-Language", "")
        with translation.override(language_of(self.object, asked_for)):
            return str(super().get_success_message(cleaned_data))

    def get_object(self, queryset: QuerySet[User] | None = None) -> User:
        # Not request.user itself: the page would greet with a name that was refused.
        return User.objects.get(username=self.request.user.get_username())


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """By the switch in a page, which stays (elements/theme-switch.js)."""
    if not isinstance(request.user, User):
        return HttpResponse(status=401)
    theme = request.POST.get("theme")
    if theme not in User.Theme.values:
        return HttpResponse(status=400)
    User.objects.filter(pk=request.user.pk).update(theme=theme)
    return HttpResponse(status=204)


@login_required
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End all sign-ins of this person but the one that asks."""
    if request.method != "POST":
        # Came back from the sign-in page.
        return redirect("account_profile")
    user = User.objects.get(username=request.user.get_username())
    user.end_sign_ins()
    update_session_auth_hash(request, user)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("account_profile")

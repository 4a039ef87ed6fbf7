"""Saved views: a list's query string under a name, for oneself or for everybody of one's role.

A view is opened by a plain link, through the filters and the visibility of whoever opens it: it shows nobody more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView, View

from clients.models import Client
from dignamik.foundation.filterbar import PLACE
from dignamik.foundation.filtering import StrictFilterSet
from dignamik.foundation.models import SavedView
from dignamik.foundation.pages import RolePage
from segmentation.advice.queueing import AdviceFilter
from segmentation.filters import PortfolioFilter

# The pages whose query string can be kept, what they are called, and what judges it.
PAGES: dict[str, tuple[str | Promise, type[StrictFilterSet]]] = {
    "clients": (gettext_lazy("Tableau"), PortfolioFilter),
    "map": (gettext_lazy("Carte"), PortfolioFilter),
    "explorer": ("Explorer", PortfolioFilter),
    "recommendations": (gettext_lazy("Recommandations"), AdviceFilter),
}
MOST_VIEWS = 50  # of one person: a menu of more helps nobody


@dataclass(frozen=True)
class SavedViews:
    """What the menu of views needs; `page` is the name of the one at hand."""

    views: Sequence[SavedView]
    page: str

    @classmethod
    def of(cls, user: Any, page: str) -> SavedViews:
        return cls(list(SavedView.objects.open_to(user)), page)

    @property
    def pinned(self) -> list[SavedView]:
        return [view for view in self.views if view.pinned]


class SavedViewForm(forms.ModelForm):  # type: ignore[type-arg]
    """A view of its owner's; `shared_with` is one of the roles that they hold."""

    class Meta:
        model = SavedView
        fields: tuple[str, ...] = ("name", "shared_with", "pinned")

    def __init__(self, *args: Any, owner: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.owner = owner
        if "shared_with" in self.fields:
            shared: Any = self.fields["shared_with"]
            shared.queryset = Group.objects.filter(user=owner)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        owned = SavedView.objects.filter(owner=self.instance.owner).exclude(pk=self.instance.pk)
        if owned.filter(name=cleaned.get("name", "")).exists():
            raise ValidationError(_("Vous avez déjà une vue de ce nom."))
        if self.instance.pk is None and owned.count() >= MOST_VIEWS:
            raise ValidationError(
                _("Vous avez déjà %(most)s vues\u00a0: supprimez-en une d’abord.") % {"most": MOST_VIEWS}
            )
        return cleaned


class NewViewForm(SavedViewForm):
    """A view of the list at hand. What the list itself would refuse is not kept.

    `share` stands for the one role that its owner holds: the menu does not know which, to cost no query.
    """

    share = forms.BooleanField(required=False)
    page = forms.ChoiceField(label="Page", choices=[(name, label) for name, (label, _) in PAGES.items()])
    query = forms.CharField(label=gettext_lazy("Filtres"), max_length=SavedView.LONGEST_QUERY, required=False)

    class Meta(SavedViewForm.Meta):
        fields = ("name", "pinned", "page", "query")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "page" in cleaned and "query" in cleaned:
            cleaned["query"] = understood(cleaned["page"], cleaned["query"])
        if cleaned.get("share"):
            self.instance.shared_with = self.only_role()
        return cleaned

    def only_role(self) -> Group:
        """Raises ValidationError for who holds none, or several and has to say which."""
        roles = list(Group.objects.filter(user=self.instance.owner)[:2])
        if not roles:
            raise ValidationError(_("Vous n’avez pas de rôle avec qui partager."))
        if len(roles) > 1:
            raise ValidationError(
                _("Vous avez plusieurs rôles\u00a0: gardez la vue, puis partagez-la sur la page des vues.")
            )
        return roles[0]


def understood(page: str, query: str) -> str:
    """The same query string, tidy and without the place in the list. Raises ValidationError as the page refuses."""
    said = QueryDict(query, mutable=True)
    for name in [name for name, values in said.lists() if name in PLACE or not any(values)]:
        del said[name]
    problems = PAGES[page][1](said, queryset=Client.objects.none()).problems
    if problems:
        raise ValidationError(problems)
    return said.urlencode()


class SavedViewList(RolePage, TemplateView):
    """All views that a reader may open, each with what they may do with it; POST keeps a new one."""

    permission_required = "clients.view_client"
    template_name = "segmentation/views.html"
    http_method_names = ["get", "head", "options", "post"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        views = list(SavedView.objects.open_to(user))
        return super().get_context_data(**kwargs) | {
            "own": [view for view in views if view.owner_id == user.pk],
            "shared": [view for view in views if view.owner_id != user.pk],
            "roles": user.groups.all(),
            "pages": {name: label for name, (label, _) in PAGES.items()},
        }

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        form = NewViewForm(request.POST, owner=request.user)
        if not form.is_valid():
            complain(request, form)
            return HttpResponseRedirect(self.back(request.POST))
        view = form.save()
        text = _('<a href="{}">{}</a> est enregistrée. <a href="{}">Gérer les vues</a>')
        messages.success(request, format_html(text, view.get_absolute_url(), view.name, reverse("views")))
        return HttpResponseRedirect(view.get_absolute_url())

    def back(self, said: QueryDict) -> str:
        """The list that was to be kept, as far as it is one of ours."""
        page = said.get("page", "")
        return f"{reverse(page)}?{QueryDict(said.get('query', '')).urlencode()}" if page in PAGES else reverse("views")


class OwnView(RolePage, View):
    """Something done to a view of one's own. Somebody else's, shared or not, answers like one that does not exist."""

    permission_required = "clients.view_client"
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        self.act(get_object_or_404(SavedView.objects.filter(owner=request.user.pk), pk=pk))
        return HttpResponseRedirect(reverse("views"))

    def act(self, view: SavedView) -> None:
        raise NotImplementedError


class ChangeView(OwnView):
    """Rename it, pin it, share it or not."""

    def act(self, view: SavedView) -> None:
        form = SavedViewForm(self.request.POST, instance=view, owner=self.request.user)
        if form.is_valid():
            form.save()
            messages.success(self.request, _("«\u00a0%(name)s\u00a0» est enregistrée.") % {"name": view.name})
        else:
            complain(self.request, form)


class DeleteView(OwnView):
    def act(self, view: SavedView) -> None:
        view.delete()
        messages.success(self.request, _("«\u00a0%(name)s\u00a0» est supprimée.") % {"name": view.name})


def complain(request: HttpRequest, form: SavedViewForm) -> None:
    said = [
        _("%(label)s\u00a0: %(value)s") % {"label": form.fields[name].label, "value": text}
        if name in form.fields
        else str(text)
        for name, all_ in form.errors.items()
        for text in all_
    ]
    messages.error(request, _("Rien n’a été enregistré. ") + " ".join(said))

"""The recipe in the Django admin: read a version, make the next one from it, put an earlier one in force again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import french
from dignamik.foundation.administration import ReadOnlyAdmin, is_key, named
from segmentation.admin.recipe_form import RecipeForm
from segmentation.engine.recipe import Recipe, default_recipe
from segmentation.models import RecipeAdoption, RecipeVersion
from segmentation.retelling import retold
from segmentation.runs import recipes
from segmentation.runs.differences import Difference, differences
from segmentation.runs.forms import ReasonForm
from segmentation.runs.knobs import values_of
from segmentation.runs.wording import columns_of, settings_of

EDITS = "segmentation.add_recipeversion"
FROM_DEFAULT = "0"
"""In an address: begin from the recipe that Dignamik comes with, whatever is in force."""
RUNS_SHOWN = 10


@admin.register(RecipeVersion)
class RecipeVersionAdmin(ReadOnlyAdmin):
    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["css/admin.css"]}

    recorded: ClassVar[Mapping[str, str]] = {}  # by `runs.recipes`
    list_display = ("__str__", "is_in_force", "reason", "written_by", "at", "runs_made")
    list_display_links = ("__str__",)
    list_select_related = ("by",)
    ordering = ("-number",)  # grouping drops the model's own
    fields = (
        "is_in_force", "written_by", "at", "base", "reason", "changes", "columns_shown", "settings_shown",
        "put_in_force", "runs_shown",
    )  # fmt: skip

    def get_urls(self) -> list[Any]:
        own = path("<int:pk>/adopt/", self.admin_site.admin_view(self.adopt_view), name="segmentation_recipe_adopt")
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecipeVersion]:
        versions: QuerySet[RecipeVersion] = super().get_queryset(request)
        current = RecipeAdoption.objects.filter(version=OuterRef("pk"), current=True)
        return versions.annotate(in_force=Exists(current), how_many=Count("runs", distinct=True))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(EDITS)

    # --- What a version says -----------------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("en vigueur"))
    def is_in_force(self, version: Any) -> str:
        return _("en vigueur") if version.in_force else "–"

    @admin.display(description=gettext_lazy("par"))
    def written_by(self, version: RecipeVersion) -> str:
        """A name, no link: accounts are not an analyst's to open."""
        return written(version.by)

    @admin.display(description=gettext_lazy("calculs"))
    def runs_made(self, version: Any) -> int:
        return int(version.how_many)

    @admin.display(description=gettext_lazy("ce qui change"))
    def changes(self, version: RecipeVersion) -> SafeString | str:
        """Against the version before, and the one it was made from where that is another."""
        before = {version.number - 1, version.base.number if version.base else 0} - {0}
        lines = []
        for other in RecipeVersion.objects.filter(number__in=before).order_by("-number"):
            changed = differences(other.recipe, version.recipe)
            lines += [f"{item} (version {other.number})" for item in changed] or [
                _("rien (version %(number)s)") % {"number": other.number}
            ]
        return items(lines)

    @admin.display(description=gettext_lazy("données regardées"))
    def columns_shown(self, version: RecipeVersion) -> SafeString | str:
        return items([str(column) for column in columns_of(version.recipe)])

    @admin.display(description=gettext_lazy("réglages"))
    def settings_shown(self, version: RecipeVersion) -> SafeString | str:
        every = [setting for _, settings in settings_of(version.recipe) for setting in settings]
        return items(
            [_("%(label)s\u00a0: %(value)s") % {"label": setting.label, "value": setting.value} for setting in every]
        )

    @admin.display(description=gettext_lazy("mises en vigueur"))
    def put_in_force(self, version: RecipeVersion) -> SafeString | str:
        rows = version.adoptions.select_related("by")
        return items(
            [
                _("%(at)s, %(by)s\u00a0: %(reason)s")
                % {"at": french.moment(row.at), "by": written(row.by), "reason": retold(row.reason)}
                for row in rows
            ]
        )

    @admin.display(description=gettext_lazy("derniers calculs"))
    def runs_shown(self, version: RecipeVersion) -> SafeString | str:
        runs = version.runs.only("pk").order_by("-pk")[:RUNS_SHOWN]
        links = [(reverse("admin:segmentation_run_change", args=[run.pk]), run) for run in runs]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "–"

    # --- The next version --------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        unwritten = recipes.in_force().version is None
        return super().changelist_view(request, {"unwritten": unwritten, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = recipes.in_force()
        mine = found.version is not None and str(found.version.pk) == object_id
        more = {"may_edit": request.user.has_perm(EDITS), "mine_in_force": mine, "seen": found.number}
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Every knob filled in from an earlier version; saving writes the next one."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        found = recipes.in_force()
        given = request.POST if request.method == "POST" else request.GET
        base, start = self._beginning(given.get("base", ""), found)
        if request.method != "POST":
            initial = {"seen": found.number, "base": base.number if base else int(FROM_DEFAULT)}
            return self._page(request, RecipeForm(start, initial=initial), found, base)
        form = RecipeForm(start, request.POST, initial={})
        if not form.is_valid() or form.recipe is None:
            return self._page(request, form, found, base)
        said = form.cleaned_data
        seen = found.number if said["seen"] is None else said["seen"]
        try:
            version = recipes.revise(form.recipe, seen=seen, by=request.user, reason=said["reason"], base=base)
        except recipes.Overtaken as overtaken:
            return self._overtaken(request, form, seen, overtaken.now)
        except recipes.CannotChange as refusal:
            form.add_error(None, str(refusal))
            return self._page(request, form, found, base)
        self.log_addition(request, version, [{"added": {}}])
        self.message_user(
            request,
            _("%(version)s enregistrée\u00a0: le prochain calcul la suivra.") % {"version": version},
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:segmentation_recipeversion_change", args=[version.pk]))

    def _beginning(self, number: str, found: recipes.InForce) -> tuple[RecipeVersion | None, Recipe]:
        """The version to begin from and its recipe; the one in force unless another is named."""
        if number == FROM_DEFAULT:
            return None, default_recipe()
        version = found.version
        if number and (version is None or number != str(version.number)):
            version = RecipeVersion.objects.filter(number=number).first() if is_key(number) else None
            if version is None and number != "1":
                raise Http404
        return version, recipes.readable(recipes.InForce(version)) or default_recipe()

    def _overtaken(self, request: HttpRequest, form: RecipeForm, seen: int, now: recipes.InForce) -> HttpResponse:
        """Nothing is lost: what this person turned stays, what they left alone follows the new version."""
        before = RecipeVersion.objects.filter(number=seen).first()
        old = recipes.readable(recipes.InForce(before)) or default_recipe()
        new = recipes.readable(now) or default_recipe()
        was, mine = values_of(old), form.values()
        kept = {name: value for name, value in mine.items() if name in was and value != was[name]}
        initial = {"seen": now.number, "base": now.number, "reason": form.cleaned_data["reason"]}
        fresh = RecipeForm(new, initial=initial, values=kept)
        return self._page(request, fresh, now, now.version, overtaken=differences(old.to_dict(), new.to_dict()))

    def _page(
        self,
        request: HttpRequest,
        form: RecipeForm,
        found: recipes.InForce,
        base: RecipeVersion | None,
        overtaken: list[Difference] | None = None,
    ) -> HttpResponse:
        latest = RecipeVersion.objects.order_by("-number").values_list("number", flat=True).first() or 1
        context = {
            **self.admin_site.each_context(request),
            "title": _("Recette, version %(latest)s") % {"latest": latest + 1},
            "opts": self.opts,
            "adminform": AdminForm(form, form.fieldsets(), {}, (), model_admin=self),  # type: ignore[arg-type]
            "errors": form.errors if form.is_bound else {},
            "found": found,
            "base": base,
            "unreadable": base is not None and recipes.readable(recipes.InForce(base)) is None,
            "from_default": form["base"].value() in (FROM_DEFAULT, int(FROM_DEFAULT)),
            "next_number": latest + 1,
            "overtaken": overtaken,
        }
        return TemplateResponse(request, "admin/segmentation/recipeversion/edit.html", context)

    # --- An earlier version again ------------------------------------------------------------------------------------

    def adopt_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not request.user.has_perm(EDITS):
            raise PermissionDenied
        version = RecipeVersion.objects.filter(pk=pk).first()
        if version is None:
            raise Http404
        form, seen = ReasonForm(request.POST), request.POST.get("seen", "")
        try:
            if not form.is_valid():
                raise recipes.CannotChange(" ".join(map(str, form.errors["reason"])))
            number = int(seen) if is_key(seen) else recipes.in_force().number
            recipes.adopt(version, seen=number, by=request.user, reason=form.cleaned_data["reason"])
        except recipes.CannotChange as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("%(version)s remise en vigueur.") % {"version": version}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:segmentation_recipeversion_change", args=[pk]))


def written(person: Any) -> str:
    """Who wrote something; nobody is the house itself."""
    return named(person) or "Dignamik"


def items(lines: list[str]) -> SafeString | str:
    """A list for a read-only field."""
    rows = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html("<ul>{}</ul>", rows) if rows else "–"

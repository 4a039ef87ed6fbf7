"""A business that is not a client yet: where it would stand, how surely, and what to propose first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from clients.facts import ClientFacts, Reading
from clients.intake import cells
from clients.models import FIRST_YEAR, Category, Client, Followers
from clients.objecting import objected_among
from clients.places import repair_postal_code
from clients.tombstones import TurnedAway
from dignamik.foundation.locks import Busy
from dignamik.foundation.pages import RolePage
from segmentation.advice.advising import Advice, Playbook, for_business
from segmentation.advice.facts import of_business
from segmentation.disclosure import figures_are_open
from segmentation.engine.errors import DocumentError
from segmentation.models import Play, Run
from segmentation.runs import frames
from segmentation.runs.placing import Placement, place
from segmentation.runs.prospecting import AlreadyKnown, become_client, keep
from segmentation.web.advice import READS
from segmentation.web.lookalikes import Lookalikes, lookalikes
from segmentation.web.reading import ReadsRun, labels_of
from segmentation.web.standing import Badge, badge, margin_in_words

KEEPS = "clients.add_client"
OBJECTED = gettext_lazy("Cette entreprise s’oppose au profilage\u00a0: elle n’est pas classée.")
UNREADABLE = gettext_lazy("Le modèle du calcul publié n’est pas lisible. Demandez un nouveau calcul.")
BUSY = gettext_lazy("Quelqu’un d’autre garde un prospect en ce moment\u00a0: réessayez dans un instant.")
YET = {"seniority_years": gettext_lazy("Ancienneté (pas encore client)")}
NAMELESS = gettext_lazy("Donnez un nom pour garder ce prospect.")


# --- The form --------------------------------------------------------------------------------------------------------


class Written(forms.CharField):
    """A figure as French people write it (« 12 500,50 »); empty is unknown, never 0."""

    def __init__(self, reads: Callable[[str], Any], **options: Any) -> None:
        super().__init__(required=False, max_length=40, **options)
        self.reads = reads

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.reads(text)
        except cells.Unusable as problem:
            raise ValidationError(str(problem)) from None


def _followers(text: str) -> Reading | None:
    if cells.says_no_account(text):
        return Reading(0, has_account=False)
    count = cells.count(text)
    return None if count is None else Reading(count)


class ProspectForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Nom"), required=False, max_length=200)
    category = forms.ModelChoiceField(
        label=gettext_lazy("Type d’entreprise"),
        queryset=Category.objects.all(),
        required=False,
        empty_label=gettext_lazy("inconnu"),
    )
    sector = forms.ChoiceField(label=gettext_lazy("Secteur d’activité"), required=False)
    city = forms.CharField(label=gettext_lazy("Ville"), required=False, max_length=120)
    postal_code = forms.CharField(label=gettext_lazy("Code postal"), required=False, max_length=20)
    turnover = Written(cells.amount, label=gettext_lazy("CA annuel (€)"))
    turnover_year = forms.IntegerField(label=gettext_lazy("Année de ce CA"), required=False, min_value=FIRST_YEAR)
    has_website = forms.TypedChoiceField(
        label=gettext_lazy("Site web"),
        required=False,
        choices=[("", gettext_lazy("inconnu")), ("oui", gettext_lazy("oui")), ("non", gettext_lazy("non"))],
        coerce=lambda value: value == "oui",
        empty_value=None,
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for platform in Followers.Platform:
            self.fields[platform.value] = Written(_followers, label=_("Abonnés %(label)s") % {"label": platform.label})
        sectors = Category.objects.order_by("sector").values_list("sector", flat=True).distinct()
        self.fields["sector"].choices = [("", _("inconnu")), *((sector, sector) for sector in sectors)]  # type: ignore[attr-defined]
        self.fields["turnover_year"].widget.attrs |= {"placeholder": str(timezone.localdate().year - 1)}
        for name, field in self.fields.items():
            choice = isinstance(field, forms.ChoiceField | forms.ModelChoiceField)
            field.widget.attrs |= {"class": "form-select" if choice else "form-control", "autocomplete": "off"}
            if isinstance(field, Written) or name == "postal_code":
                field.widget.attrs["inputmode"] = "decimal" if name == "turnover" else "text"

    def strangers(self) -> list[str]:
        """Parameters that no field understands: a typing error in an address must not pass for an unknown figure."""
        return [name for name in self.data if name not in self.fields and name != "csrfmiddlewaretoken"]

    def clean_postal_code(self) -> str:
        written = str(self.cleaned_data["postal_code"])
        code = repair_postal_code(written) if written else ""
        if code is None:
            raise ValidationError(_("Ce code postal n’est pas français\u00a0: cinq chiffres sont attendus."))
        return code

    def clean_turnover_year(self) -> int | None:
        year: int | None = self.cleaned_data["turnover_year"]
        if year is not None and year > timezone.localdate().year:
            raise ValidationError(_("Cette année n’est pas encore venue."))
        return year

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        category, sector = said.get("category"), said.get("sector")
        for name in self.strangers():
            self.add_error(None, _("«\u00a0%(name)s\u00a0» n’est pas une donnée connue.") % {"name": name})
        if not category and not sector and not {"category", "sector"} & set(self.errors):
            raise ValidationError(_("Donnez au moins le type d’entreprise ou le secteur d’activité."))
        if category and sector and category.sector != sector:
            self.add_error(
                "sector",
                _("«\u00a0%(name)s\u00a0» relève du secteur «\u00a0%(sector)s\u00a0».")
                % {"name": category.name, "sector": category.sector},
            )
        if (
            said.get("turnover") is not None
            and said.get("turnover_year") is None
            and "turnover_year" not in self.errors
        ):
            said["turnover_year"] = timezone.localdate().year - 1
        return said

    @property
    def readings(self) -> dict[str, Reading]:
        """What is known of each network, by platform."""
        found = {platform.value: self.cleaned_data[platform.value] for platform in Followers.Platform}
        return {name: reading for name, reading in found.items() if reading is not None}

    def business(self) -> dict[str, Any]:
        """The business as `placing.place` and `facts.of_business` take it."""
        said = self.cleaned_data
        category: Category | None = said["category"]
        return {
            "category": category.name if category else None,
            "sector": category.sector if category else said["sector"],
            "followers": {name: reading.count for name, reading in self.readings.items()},
            "turnover": said["turnover"],
            "turnover_year": said["turnover_year"] if said["turnover"] is not None else None,
            "has_website": said["has_website"],
            "status": Client.Status.PROSPECT,
        }

    def facts(self) -> ClientFacts:
        """The same as a source would tell it."""
        said, business = self.cleaned_data, self.business()
        fields = {name: said[name] for name in ("name", "city", "postal_code", "has_website")}
        turnover: dict[int, Decimal] = {}
        if said["turnover"] is not None:
            turnover = {said["turnover_year"]: said["turnover"]}
        return ClientFacts(None, fields | {"sector": business["sector"]}, business["category"], self.readings, turnover)


# --- The answer ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """Where the business would stand in words, and the first plays for it."""

    place: Placement
    badge: Badge | None
    margin: str
    missing: Sequence[str]
    plays: Sequence[Advice]
    alike: Lookalikes


def answer(business: Mapping[str, Any], run: Run, user: Any) -> Answer:
    """Raises DocumentError."""
    found: Any = place(business, run)
    plays: Sequence[Advice] = ()
    if found.segment is not None:
        plays_here = Play.objects.filter(segment=found.segment)
        playbook = Playbook.of(run, plays=plays_here, quoted=figures_are_open(run, user))
        plays = for_business(playbook, found.segment, of_business(business))
    labels = labels_of(run.recipe)
    return Answer(
        place=found,
        badge=badge(found.standing, found.margin),
        margin=margin_in_words(found),
        missing=[str(YET.get(name, labels.get(name, name))) for name in found.unknown],
        plays=plays,
        alike=lookalikes(frames.of_one(business, run.as_of), run, user),
    )


class Prospect(ReadsRun, RolePage, View):
    """GET places and writes nothing, so that an answer has an address; POST keeps the business as a prospect."""

    permission_required = ("clients.view_client", "segmentation.view_segment", READS)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.shown(ProspectForm(request.GET or None))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.has_perm(KEEPS):
            raise PermissionDenied(self.permission_denied_message)
        form = ProspectForm(request.POST)
        if form.is_valid() and not form.cleaned_data["name"]:
            form.add_error("name", NAMELESS)
        if not form.is_valid():
            return self.shown(form)
        try:
            client = keep(form.facts(), self.run, by=request.user)
        except AlreadyKnown as twin:
            form.add_error("name", self.known(twin.client))
        except TurnedAway as refusal:
            form.add_error("name", str(refusal))
        except Busy:
            form.add_error(None, BUSY)
        except DocumentError:
            form.add_error(None, UNREADABLE)
        else:
            messages.success(
                request,
                _("«\u00a0%(name)s\u00a0» est gardé comme prospect, dans votre portefeuille.") % {"name": client.name},
            )
            return HttpResponseRedirect(client.get_absolute_url())
        return self.shown(form)

    def known(self, client: Client) -> str:
        """Where the twin is, for who may see it; else only that there is one."""
        if Client.objects.visible_to(self.request.user).filter(pk=client.pk).exists():
            found = _('«\u00a0<a href="{}">{}</a>\u00a0» est déjà dans votre portefeuille, au même code postal.')
            return format_html(found, client.get_absolute_url(), client.name)
        return _("Une entreprise de ce nom est déjà connue à ce code postal\u00a0: parlez-en à votre responsable.")

    def shown(self, form: ProspectForm) -> HttpResponseBase:
        found = None
        if form.is_bound and form.is_valid() and form.cleaned_data["name"] and objected_among([form.facts()]):
            form.add_error("name", OBJECTED)
        if form.is_bound and form.is_valid() and self.run is not None:
            try:
                found = answer(form.business(), self.run, self.request.user)
            except DocumentError:
                form.add_error(None, UNREADABLE)
        context = {"form": form, "answer": found, "may_keep": self.request.user.has_perm(KEEPS), **self.run_context()}
        status = 400 if form.is_bound and not form.is_valid() else 200
        return render(self.request, "segmentation/prospect.html", context, status=status)


class BecomeClient(RolePage, View):
    """A prospect signs: nothing is typed again."""

    permission_required = ("clients.view_client", KEEPS)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk, status=Client.Status.PROSPECT)
        become_client(client, by=request.user)
        messages.success(request, _("«\u00a0%(name)s\u00a0» est maintenant un client actif.") % {"name": client.name})
        return HttpResponseRedirect(client.get_absolute_url())

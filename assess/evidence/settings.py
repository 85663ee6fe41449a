"""What Intune's policies set beyond the classic profiles: settings catalogue, templates, updates.

Of a setting only its definition and, where it is a choice, the chosen option are read: a text that
somebody typed may be a password, and is left where it is. All of it exists in beta only.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal, Self

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence import Ask, Known
from assess.evidence.enrolment import Assignment, AssignmentsOf
from assess.evidence.graph import GraphList, Moment, Text
from assess.evidence.policies import CatalogueAssignments, CataloguePolicies, Intents

_READ = ("DeviceManagementConfiguration.Read.All",)
Version = Literal["v1.0", "beta"]


class Choice(msgspec.Struct, frozen=True, rename="camel"):
    """The option that was chosen, and the settings that come with it."""

    value: Text = UNSET
    children: "tuple[Instance, ...] | UnsetType | None" = UNSET


class SettingGroup(msgspec.Struct, frozen=True, rename="camel"):
    """Settings that belong together."""

    children: "tuple[Instance, ...] | UnsetType | None" = UNSET


class Instance(msgspec.Struct, frozen=True, rename="camel"):
    """One setting: a choice, several, a group of settings, or a value that is not read."""

    setting_definition_id: Text = UNSET
    choice_setting_value: Choice | UnsetType | None = UNSET
    choice_setting_collection_value: tuple[Choice, ...] | UnsetType | None = UNSET
    group_setting_value: SettingGroup | UnsetType | None = UNSET
    group_setting_collection_value: tuple[SettingGroup, ...] | UnsetType | None = UNSET

    def walk(self) -> "Iterator[Instance]":
        """The setting and all that are inside of it."""
        yield self
        single = (self.choice_setting_value, self.group_setting_value)
        several = (self.choice_setting_collection_value, self.group_setting_collection_value)
        parts = [one for one in single if isinstance(one, Choice | SettingGroup)]
        parts += [one for some in several if isinstance(some, tuple) for one in some]
        for part in parts:
            for child in part.children if isinstance(part.children, tuple) else ():
                yield from child.walk()

    @property
    def name(self) -> str:
        """The definition, lower case, or ""."""
        said = self.setting_definition_id
        return said.lower() if isinstance(said, str) else ""

    @property
    def option(self) -> str:
        """What was chosen, less the name of the setting before it; "" where it is no choice."""
        chosen = self.choice_setting_value
        value = chosen.value if isinstance(chosen, Choice) else ""
        return value.lower().removeprefix(f"{self.name}_") if isinstance(value, str) else ""


class CatalogueSetting(msgspec.Struct, frozen=True, rename="camel"):
    """A setting of a policy of the settings catalogue."""

    id: Text = UNSET
    setting_instance: Instance | UnsetType | None = UNSET


class CatalogueSettings(GraphList, frozen=True):
    """What the assigned policies of the settings catalogue set: by policy."""

    answer: ClassVar[Any] = dict[str, tuple[CatalogueSetting, ...] | None]
    version: ClassVar[Version] = "beta"
    path: ClassVar[str] = "/deviceManagement/configurationPolicies/{each}/settings"
    item: ClassVar[type[msgspec.Struct]] = CatalogueSetting
    whole: ClassVar[bool] = True
    each: ClassVar[str] = "policies"
    permissions: ClassVar[tuple[str, ...]] = _READ
    policies: tuple[str, ...] = ()

    def requires(self) -> tuple[Ask, ...]:
        """The policies, and whom they are for."""
        return (CataloguePolicies(), CatalogueAssignments())

    def bind(self, known: Known) -> Self:
        """Those that are for somebody: what nobody gets decides nothing."""
        given: dict[str, tuple[Assignment, ...] | None] = known.answer(CatalogueAssignments())
        return type(self)(tuple(sorted(name for name, several in given.items() if several)))


# -- administrative templates and older security policies --


class Named(msgspec.Struct, frozen=True, rename="camel"):
    """A policy of which only its being there and its assignments count."""

    id: str
    display_name: Text = UNSET
    created_date_time: Moment = UNSET

    @property
    def label(self) -> str:
        """Name, else id."""
        return self.display_name if isinstance(self.display_name, str) else self.id


class TemplatePolicies(GraphList, frozen=True):
    """The administrative templates, all of them for Windows."""

    answer: ClassVar[Any] = tuple[Named, ...]
    version: ClassVar[Version] = "beta"
    path: ClassVar[str] = "/deviceManagement/groupPolicyConfigurations"
    item: ClassVar[type[msgspec.Struct]] = Named
    permissions: ClassVar[tuple[str, ...]] = _READ


class TemplateAssignments(AssignmentsOf, frozen=True):
    """The assignments of the administrative templates: by policy."""

    version: ClassVar[Version] = "beta"
    path: ClassVar[str] = "/deviceManagement/groupPolicyConfigurations/{each}/assignments"
    of: ClassVar[type[GraphList]] = TemplatePolicies
    permissions: ClassVar[tuple[str, ...]] = _READ


class IntentAssignments(AssignmentsOf, frozen=True):
    """The assignments of the security policies of the older kind: by policy."""

    version: ClassVar[Version] = "beta"
    path: ClassVar[str] = "/deviceManagement/intents/{each}/assignments"
    of: ClassVar[type[GraphList]] = Intents
    permissions: ClassVar[tuple[str, ...]] = _READ


# -- updates of Windows --


class _UpdatePolicies(GraphList, frozen=True):
    answer: ClassVar[Any] = tuple[Named, ...]
    version: ClassVar[Version] = "beta"
    item: ClassVar[type[msgspec.Struct]] = Named
    permissions: ClassVar[tuple[str, ...]] = _READ


class FeatureUpdates(_UpdatePolicies, frozen=True):
    """The policies for feature updates of Windows."""

    path: ClassVar[str] = "/deviceManagement/windowsFeatureUpdateProfiles"


class QualityUpdates(_UpdatePolicies, frozen=True):
    """The policies that expedite quality updates of Windows."""

    path: ClassVar[str] = "/deviceManagement/windowsQualityUpdateProfiles"


class HotpatchUpdates(_UpdatePolicies, frozen=True):
    """The policies for quality updates of Windows, with or without a restart."""

    path: ClassVar[str] = "/deviceManagement/windowsQualityUpdatePolicies"


class DriverUpdates(_UpdatePolicies, frozen=True):
    """The policies for drivers by Windows Update."""

    path: ClassVar[str] = "/deviceManagement/windowsDriverUpdateProfiles"


class _UpdateAssignments(AssignmentsOf, frozen=True):
    version: ClassVar[Version] = "beta"
    permissions: ClassVar[tuple[str, ...]] = _READ


class FeatureUpdateAssignments(_UpdateAssignments, frozen=True):
    """The assignments of the policies for feature updates: by policy."""

    path: ClassVar[str] = "/deviceManagement/windowsFeatureUpdateProfiles/{each}/assignments"
    of: ClassVar[type[GraphList]] = FeatureUpdates


class QualityUpdateAssignments(_UpdateAssignments, frozen=True):
    """The assignments of the policies that expedite quality updates: by policy."""

    path: ClassVar[str] = "/deviceManagement/windowsQualityUpdateProfiles/{each}/assignments"
    of: ClassVar[type[GraphList]] = QualityUpdates


class HotpatchUpdateAssignments(_UpdateAssignments, frozen=True):
    """The assignments of the policies for quality updates: by policy."""

    path: ClassVar[str] = "/deviceManagement/windowsQualityUpdatePolicies/{each}/assignments"
    of: ClassVar[type[GraphList]] = HotpatchUpdates


class DriverUpdateAssignments(_UpdateAssignments, frozen=True):
    """The assignments of the policies for drivers: by policy."""

    path: ClassVar[str] = "/deviceManagement/windowsDriverUpdateProfiles/{each}/assignments"
    of: ClassVar[type[GraphList]] = DriverUpdates


# -- what a setting means --

# The options of a setting by which it is on, and off, as the definitions of the catalogue have it.
_PASSWORD: Mapping[str, tuple[str, str]] = {
    "device_vendor_msft_policy_config_devicelock_devicepasswordenabled": ("0", "1"),
    "com.apple.mobiledevice.passwordpolicy_forcepin": ("true", "false"),
}
_ENCRYPTION: Mapping[str, tuple[str, str]] = {
    "device_vendor_msft_bitlocker_requiredeviceencryption": ("1", "0"),
    "com.apple.mcx.filevault2_enable": ("0", "1"),
}
# A setting that speaks of the matter; whether it enforces it is not known here.
_PASSWORD_WORDS = ("password", "passcode", "forcepin", "passportforwork")
_ENCRYPTION_WORDS = ("encrypt", "bitlocker", "filevault")
_OTHER_PASSWORDS = ("_laps_", "bitlocker", "filevault", "passwordmanager", "wifi", "vpn")
_UPDATES = ("device_vendor_msft_policy_config_update_",)


class Sets(msgspec.Struct, frozen=True):
    """What the settings of a policy come to. None: they speak of it, in a way not known here."""

    password: bool | None = False
    encryption: bool | None = False
    updates: bool = False
    complete: bool = True


def sets(settings: tuple[CatalogueSetting, ...] | None) -> Sets:
    """What the settings of a policy come to; not ``complete`` where Graph left some out."""
    if not settings:
        return Sets(complete=False)
    roots = [one.setting_instance for one in settings]
    every = [one for root in roots if isinstance(root, Instance) for one in root.walk()]
    of_passwords = [one for one in every if not any(w in one.name for w in _OTHER_PASSWORDS)]
    whole = all(isinstance(root, Instance) for root in roots) and all(one.name for one in every)
    return Sets(
        _on(of_passwords, _PASSWORD, _PASSWORD_WORDS),
        _on(every, _ENCRYPTION, _ENCRYPTION_WORDS),
        any(one.name.startswith(_UPDATES) for one in every),
        whole,
    )


def _on(
    every: list[Instance], known: Mapping[str, tuple[str, str]], words: tuple[str, ...]
) -> bool | None:
    """On, or off, by an option that is known to say so; None where nobody can tell."""
    off: set[str] = set()
    for one in every:
        on_option, off_option = known.get(one.name, ("", ""))
        if one.option and one.option == on_option:
            return True
        if one.option and one.option == off_option:
            off |= {inside.name for inside in one.walk()}
    spoken = {one.name for one in every if any(word in one.name for word in words)}
    return False if spoken <= off else None

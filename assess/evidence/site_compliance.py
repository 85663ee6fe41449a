"""Compliance settings of the site: items, the baselines that hold them, and where these go."""

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from assess.evidence.adminservice import Instances, Number, Seen, Text, text
from assess.language import tr

Flag = bool | UnsetType | None


class Baseline(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_ConfigurationBaselineInfo: ``is_broken`` where something that it refers to is gone."""

    ci_id: Number = msgspec.field(name="CI_ID", default=UNSET)
    localized_display_name: Text = UNSET
    is_enabled: Flag = UNSET
    is_broken: Flag = UNSET

    @property
    def label(self) -> str:
        """What the console calls it."""
        return text(self.localized_display_name) or tr("baseline {}", self.ci_id)


class Baselines(Instances, frozen=True):
    """The configuration baselines."""

    answer: ClassVar[Any] = Seen[Baseline]
    provider_class: ClassVar[str] = "SMS_ConfigurationBaselineInfo"
    row: ClassVar[type[msgspec.Struct]] = Baseline


class BaselineDeployment(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_BaselineAssignment: baselines that are deployed to a collection."""

    assigned_cis: tuple[int, ...] | UnsetType | None = msgspec.field(
        name="AssignedCIs", default=UNSET
    )
    enabled: Flag = UNSET
    target_collection_id: Text = msgspec.field(name="TargetCollectionID", default=UNSET)


class BaselineDeployments(Instances, frozen=True):
    """The deployments of the baselines."""

    answer: ClassVar[Any] = Seen[BaselineDeployment]
    provider_class: ClassVar[str] = "SMS_BaselineAssignment"
    row: ClassVar[type[msgspec.Struct]] = BaselineDeployment


OPERATING_SYSTEM, POLICY, APPLICATION, OTHER = 3, 4, 5, 7


class ConfigurationItem(msgspec.Struct, frozen=True, rename="pascal"):
    """SMS_ConfigurationItemLatest. ``in_use``: a baseline, or another item, refers to it."""

    ci_id: Number = msgspec.field(name="CI_ID", default=UNSET)
    ci_type_id: Number = msgspec.field(name="CIType_ID", default=UNSET)
    in_use: Flag = UNSET

    @property
    def is_setting(self) -> bool:
        """It is one of the kinds that an administrator puts into a baseline."""
        return self.ci_type_id in {OPERATING_SYSTEM, POLICY, APPLICATION, OTHER}


class ConfigurationItems(Instances, frozen=True):
    """The configuration items."""

    answer: ClassVar[Any] = Seen[ConfigurationItem]
    provider_class: ClassVar[str] = "SMS_ConfigurationItemLatest"
    row: ClassVar[type[msgspec.Struct]] = ConfigurationItem

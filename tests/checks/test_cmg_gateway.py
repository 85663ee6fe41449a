"""Every verdict about the gateway as the site has deployed it."""

from typing import Any

import pytest
from msgspec import UNSET

from assess.check import Fail, Manual, Missing, Pass, Unknown, Warn
from assess.evidence.arm import Resource
from assess.evidence.site_cloud import (
    AzureEnvironment,
    GatewayCloud,
    GatewayModel,
    GatewaySetting,
    ResourceGroup,
)
from checks.cmg_gateway import (
    azure_environment,
    content_enabled,
    deployed,
    deployment_method,
    region,
    resource_group,
    subscription,
    top_tier_site,
    vm_instances,
)
from logwriter import NOT_SENT, NOW
from sitecloud import (
    HOST,
    LESS,
    MAYBE,
    REFUSED,
    collection,
    gateway,
    seen,
    site,
    staged,
    unset,
    verdict,
)

NAMED: dict[str, Any] = {
    "name": "contosocmg",
    "service_type": "CloudProxyService",
    "service_c_name": HOST,
}
ASIDE = Missing("[site] is not set up", "Set it.", skipped=True)
NO_NAME = unset("cmg.service_name")
VMSS, NO_METHOD = "arm-vmss", unset("cmg.deployment_method")


def scale_sets(*states: str | None) -> tuple[Resource, ...]:
    return tuple(Resource("/subscriptions/s/vmss", "contosocmg", "Microsoft.Compute/virtualMachineScaleSets", "westeurope", state) for state in states)


SET_UP = scale_sets("Succeeded")
CDP = gateway(service_type="CloudDistributionPoint", name="cdp", service_c_name="cdp.contoso.com")


@pytest.mark.parametrize(
    ("services", "kind"),
    [
        (seen(gateway()), Pass),
        (seen(gateway(), sees=MAYBE), Pass),
        (seen(gateway(), sees=LESS), Pass),
        (seen(gateway(state=1)), Warn),
        (seen(gateway(state=4)), Warn),
        (seen(gateway(state=5)), Fail),
        (seen(gateway(state=6)), Fail),
        (seen(gateway(state=99)), Fail),
        (seen(gateway(state=7)), Unknown),
        (seen(gateway(state=UNSET)), Unknown),
        (seen(gateway(state=None)), Unknown),
        (seen(), Fail),
        (seen(CDP), Fail),
        (seen(sees=MAYBE), Unknown),
        (seen(sees=LESS), Unknown),
        (seen(gateway(service_type=UNSET)), Unknown),
        (seen(gateway(service_c_name="old.contoso.com", name="old")), Fail),
        (seen(gateway(service_c_name="old.contoso.com", name="old"), sees=MAYBE), Unknown),
        (seen(gateway(), gateway(service_c_name="old.contoso.com", name="old", state=6)), Pass),
        (REFUSED, Unknown),
    ],
)
def test_deployed(services: Any, kind: type) -> None:
    assert verdict(deployed(services, HOST, NOT_SENT, NOW, SET_UP, VMSS)) is kind


def test_deployed_without_a_name_judges_every_gateway() -> None:
    both = seen(gateway(), gateway(service_c_name="old.contoso.com", name="old", state=6))
    assert verdict(deployed(both, NO_NAME, NOT_SENT, NOW, SET_UP, VMSS)) is Fail
    assert verdict(deployed(seen(gateway()), NO_NAME, NOT_SENT, NOW, SET_UP, VMSS)) is Pass


@pytest.mark.parametrize(
    ("resources", "method", "kind"),
    [
        (scale_sets("Succeeded"), VMSS, Pass),
        (scale_sets("succeeded"), NO_METHOD, Pass),
        (scale_sets("Creating"), VMSS, Warn),
        (scale_sets("Updating"), VMSS, Warn),
        (scale_sets("Failed"), VMSS, Fail),
        (scale_sets("Canceled"), VMSS, Fail),
        (scale_sets("Deleting"), VMSS, Fail),
        (scale_sets("Succeeded", "Failed"), VMSS, Fail),
        (scale_sets(None), VMSS, Unknown),
        (scale_sets("Somehow"), VMSS, Unknown),
        # nothing of that name may mean another name, or a role on a part only
        ((), VMSS, Unknown),
        ((Resource("/s", "contosocmg", "Microsoft.Storage/storageAccounts", None, "Succeeded"),), VMSS, Unknown),
        (REFUSED, VMSS, Unknown),
        (unset("cmg.deployment_prefix"), VMSS, Manual),
        (REFUSED, "classic", Pass),
    ],
)
def test_what_azure_says_of_the_gateway(resources: Any, method: Any, kind: type) -> None:
    assert verdict(deployed(seen(gateway()), HOST, NOT_SENT, NOW, resources, method)) is kind


def test_azure_decides_nothing_where_the_site_has_no_gateway_that_runs() -> None:
    assert verdict(deployed(seen(gateway(state=6)), HOST, NOT_SENT, NOW, REFUSED, VMSS)) is Fail
    assert verdict(deployed(seen(gateway(state=1)), HOST, NOT_SENT, NOW, SET_UP, VMSS)) is Warn
    assert verdict(deployed(seen(gateway(state=1)), HOST, NOT_SENT, NOW, scale_sets("Failed"), VMSS)) is Fail


def test_an_unfamiliar_state_is_named() -> None:
    (outcome,) = deployed(seen(gateway(state=7)), HOST, NOT_SENT, NOW, SET_UP, VMSS)
    assert isinstance(outcome, Unknown)
    assert "SMS_AzureService.State" in outcome.because
    assert "7" in outcome.because


@pytest.mark.parametrize(
    ("row", "sites", "kind"),
    [
        (gateway(), seen(site()), Pass),
        (gateway(), seen(site(reporting_site_code=None)), Pass),
        (gateway(), seen(site(reporting_site_code="CAS"), site(site_code="CAS", type=4)), Fail),
        (gateway(), seen(site(reporting_site_code=UNSET)), Unknown),
        (gateway(), seen(site(site_code="XYZ")), Unknown),
        (gateway(site_code=UNSET), seen(site()), Unknown),
        (gateway(), REFUSED, Unknown),
    ],
)
def test_top_tier_site(row: Any, sites: Any, kind: type) -> None:
    assert verdict(top_tier_site(seen(row), HOST, sites)) is kind


ENVIRONMENTS = seen(
    AzureEnvironment(1, "AzurePublicCloud"), AzureEnvironment(2, "AzureUSGovernmentCloud"), AzureEnvironment(9, "AzureMoon")
)  # fmt: skip


@pytest.mark.parametrize(
    ("cloud", "number", "environments", "kind"),
    [
        ("public", 1, ENVIRONMENTS, Pass),
        ("public", 1, REFUSED, Pass),
        ("usgov", 2, ENVIRONMENTS, Pass),
        ("usgov-dod", 2, ENVIRONMENTS, Pass),
        ("public", 2, ENVIRONMENTS, Fail),
        ("usgov", 1, ENVIRONMENTS, Fail),
        ("china", 1, ENVIRONMENTS, Fail),
        ("public", 2, REFUSED, Unknown),
        ("public", 9, ENVIRONMENTS, Unknown),
        ("public", UNSET, ENVIRONMENTS, Unknown),
        ("public", None, ENVIRONMENTS, Unknown),
    ],
)
def test_azure_environment(cloud: str, number: Any, environments: Any, kind: type) -> None:
    row = GatewayCloud(**NAMED, azure_environment_id=number)
    assert verdict(azure_environment(cloud, HOST, seen(row), environments)) is kind


def test_azure_environment_when_nobody_could_look() -> None:
    assert verdict(azure_environment("public", HOST, REFUSED, ENVIRONMENTS)) is Unknown
    assert verdict(azure_environment("public", HOST, seen(), ENVIRONMENTS)) is Unknown


@pytest.mark.parametrize(
    ("fqdn", "model", "kind"),
    [
        ("contosocmg.westeurope.cloudapp.azure.com", 0, Pass),
        ("contosocmg.westeurope.cloudapp.azure.com", 1, Pass),
        ("contosocmg.usgovvirginia.cloudapp.usgovcloudapi.net", UNSET, Pass),
        ("contosocmg.cloudapp.net", 2, Fail),
        ("CONTOSOCMG.CLOUDAPP.NET.", UNSET, Fail),
        ("", 1, Fail),
        ("", 0, Unknown),
        ("", 2, Unknown),
        ("", UNSET, Unknown),
        ("contosocmg.usgovcloudapp.net", 1, Unknown),
        ("contosocmg.example", 2, Unknown),
    ],
)
def test_deployment_method(fqdn: str, model: Any, kind: type) -> None:
    models = seen(GatewayModel(**NAMED, deployment_model=model))
    for planned in ("arm-vmss", "classic", unset("cmg.deployment_method")):
        assert verdict(deployment_method(seen(gateway(fqdn=fqdn)), HOST, models, planned)) is kind


def test_an_unconfirmed_model_is_named() -> None:
    models = seen(GatewayModel(**NAMED, deployment_model=2))
    (outcome,) = deployment_method(seen(gateway(fqdn=UNSET)), HOST, models, "arm-vmss")
    assert isinstance(outcome, Unknown)
    assert "DeploymentModel" in outcome.because
    assert "2" in outcome.because


@pytest.mark.parametrize(
    ("services", "planned", "kind"),
    [
        (seen(), "classic", Fail),
        (REFUSED, "classic", Fail),
        (seen(), "arm-vmss", Unknown),
        (seen(sees=MAYBE), "arm-vmss", Unknown),
        (REFUSED, "arm-vmss", Unknown),
        (REFUSED, unset("cmg.deployment_method"), Unknown),
    ],
)
def test_deployment_method_of_a_plan(services: Any, planned: Any, kind: type) -> None:
    assert verdict(deployment_method(services, HOST, REFUSED, planned)) is kind


def test_deployment_method_without_models() -> None:
    assert verdict(deployment_method(seen(gateway(fqdn="")), HOST, REFUSED, "arm-vmss")) is Unknown


@pytest.mark.parametrize(
    ("check", "planned", "changes", "kind"),
    [
        (subscription, "s", {}, Pass),
        (subscription, "s", {"subscription_id": "{S}"}, Pass),
        (subscription, "other", {}, Fail),
        (subscription, "s", {"subscription_id": UNSET}, Unknown),
        (subscription, "s", {"subscription_id": ""}, Unknown),
        (region, "westeurope", {}, Pass),
        (region, "northeurope", {}, Warn),
        (region, "westeurope", {"region": None}, Unknown),
        (region, "westeurope", {"region": UNSET}, Unknown),
    ],
)
def test_subscription_and_region(
    check: Any, planned: str, changes: dict[str, Any], kind: type
) -> None:
    assert verdict(check(seen(gateway(**changes)), HOST, planned)) is kind
    assert verdict(check(REFUSED, HOST, planned)) is Unknown
    assert verdict(check(seen(), HOST, planned)) is Unknown


GROUPS = (ResourceGroup("RG-CMG", "westeurope"), ResourceGroup("elsewhere", "northeurope"))


@pytest.mark.parametrize(
    ("services", "planned", "groups", "kind"),
    [
        (seen(gateway()), "x", GROUPS, Pass),
        (seen(gateway(affinity_group="elsewhere")), "rg-cmg", GROUPS, Fail),
        (seen(gateway(affinity_group="my group")), "rg-cmg", GROUPS, Fail),
        (seen(gateway(affinity_group="my group")), "rg-cmg", REFUSED, Fail),
        (seen(gateway(affinity_group="gone")), "rg-cmg", GROUPS, Unknown),
        (seen(gateway(affinity_group=UNSET)), "rg-cmg", GROUPS, Unknown),
        (seen(gateway(region="")), "rg-cmg", GROUPS, Unknown),
        (seen(gateway()), "rg-cmg", REFUSED, Unknown),
        (seen(), "rg-cmg", GROUPS, Pass),
        (ASIDE, "rg-cmg", GROUPS, Pass),
        (REFUSED, "rg-cmg", GROUPS, Unknown),
        (seen(sees=MAYBE), "rg-cmg", GROUPS, Unknown),
        (seen(), "elsewhere", GROUPS, Fail),
        (seen(), "my group", GROUPS, Fail),
        (seen(), unset("cmg.resource_group"), GROUPS, Manual),
        (REFUSED, unset("cmg.resource_group"), GROUPS, Unknown),
    ],
)
def test_resource_group(services: Any, planned: Any, groups: Any, kind: type) -> None:
    assert verdict(resource_group(services, HOST, planned, "West Europe", groups)) is kind


@pytest.mark.parametrize(
    ("number", "planned", "stage", "everyone", "kind"),
    [
        (2, 2, "production", REFUSED, Pass),
        (1, 1, "pilot", REFUSED, Pass),
        (1, 1, "production", staged(collection(), clients=500), Pass),
        (1, 1, "production", staged(collection(), clients=6001), Warn),
        (1, 1, "production", staged(collection(), clients=500, sees=MAYBE), Unknown),
        (1, 1, "production", REFUSED, Unknown),
        (1, 1, unset("engagement.stage"), staged(collection()), Manual),
        (3, 2, "production", REFUSED, Warn),
        (0, 2, "production", REFUSED, Fail),
        (17, 2, "production", REFUSED, Fail),
        (UNSET, 2, "production", REFUSED, Unknown),
        (None, 2, "production", REFUSED, Unknown),
    ],
)
def test_vm_instances(number: Any, planned: int, stage: Any, everyone: Any, kind: type) -> None:
    row = GatewaySetting(**NAMED, number_of_instances=number)
    assert verdict(vm_instances(HOST, seen(row), planned, stage, everyone)) is kind
    assert verdict(vm_instances(HOST, REFUSED, planned, stage, everyone)) is Unknown


@pytest.mark.parametrize(
    ("services", "wanted", "internet", "kind"),
    [
        (seen(gateway()), True, True, Pass),
        (seen(gateway(fqdn="contosocmg.cloudapp.net")), True, True, Unknown),
        (seen(gateway(storage_service_name="")), False, False, Warn),
        (seen(gateway(storage_service_name=""), CDP), True, True, Warn),
        (seen(gateway(storage_service_name="")), True, False, Fail),
        (seen(gateway(storage_service_name="")), False, True, Fail),
        (seen(gateway(storage_service_name=""), sees=MAYBE), True, True, Unknown),
        (seen(gateway(storage_service_name="")), unset("a.b"), unset("a.c"), Manual),
        (seen(gateway(storage_service_name=None)), True, True, Unknown),
        (seen(gateway(storage_service_name=UNSET)), True, True, Unknown),
        (seen(), True, True, Unknown),
        (REFUSED, True, True, Unknown),
    ],
)
def test_content_enabled(services: Any, wanted: Any, internet: Any, kind: type) -> None:
    assert verdict(content_enabled(services, HOST, wanted, internet)) is kind

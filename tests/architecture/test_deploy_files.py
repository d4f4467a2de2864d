"""The files that run the project elsewhere: each parses, names commands that exist, holds no secret and no registry."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
VERCEL = json.loads((ROOT / "vercel.json").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
NGINX = {file.name: file.read_text() for file in (ROOT / "deploy/nginx").iterdir()}
WORKFLOWS = {file.name: yaml.safe_load(file.read_text()) for file in (ROOT / ".github/workflows").glob("*.yml")}
RAILWAY = {
    name: tomllib.loads((ROOT / "deploy" / name).read_text()) for name in ("railway.toml", "railway.worker.toml")
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


def service(name: str) -> dict[str, Any]:
    return COMPOSE["services"][name]


def cli_commands() -> set[tuple[str, ...]]:
    """Every command line that some file gives to `evoai.cli`, without options."""
    texts = [MAKEFILE, *((ROOT / "deploy" / name).read_text() for name in RAILWAY)]
    found = {tuple(match.split()) for text in texts for match in re.findall(r"evoai\.cli((?: [a-z]+)+)", text)}
    for name, one in COMPOSE["services"].items():
        if one.get("image", "").startswith("evoai-connect:") and "entrypoint" not in one:
            assert one.get("command"), f"{name} says what it runs"
            found.add(tuple(one["command"]))
    default = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert default
    found.add(tuple(json.loads(default[1])))
    return found


def test_every_command_exists_in_the_cli() -> None:
    commands = cli_commands()
    assert {("api",), ("worker",), ("db", "migrate"), ("demo",)} <= commands
    for command in sorted(commands):
        run = subprocess.run(
            [sys.executable, "-m", "evoai.cli", *command, "--help"], capture_output=True, text=True, cwd=ROOT
        )
        assert run.returncode == 0, f"evoai {' '.join(command)}: {run.stderr[-300:]}"


def test_compose_services_are_wired_and_pinned() -> None:
    for name in ("postgres", "redis"):
        assert "profiles" not in service(name), "the servers alone start without a profile"
        assert all(port.startswith("127.0.0.1:") for port in service(name)["ports"])
        assert service(name)["healthcheck"]["test"]
    assert service("postgres")["image"] == "pgvector/pgvector:pg18"
    assert service("redis")["image"] == "redis:8"
    assert "--appendonly" in service("redis")["command"]
    for name in ("api", "worker", "client", "simulator", "migrate"):
        assert "app" in service(name)["profiles"]
    for name in ("server-api", "server-worker", "nginx", "migrate"):
        assert "server" in service(name)["profiles"]
    for name in ("api", "worker", "server-api", "server-worker"):
        environment = service(name)["environment"]
        assert "MIGRATION_DATABASE_URL" not in environment, "the owner's login is for migrate alone"
        assert environment["DATABASE_URL"].startswith("postgresql://evoai_app:")
        assert service(name)["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert int(service(name)["stop_grace_period"].removesuffix("s")) > 30
    assert service("migrate")["environment"]["MIGRATION_DATABASE_URL"].startswith("postgresql://evoai_owner:")
    for name in ("api", "worker"):
        assert "./server:/srv/evoai/server:ro" in service(name)["volumes"]
        assert service(name)["develop"]["watch"][0]["action"] == "restart"
    for name in ("server-api", "server-worker"):
        assert not any(volume.startswith("./server") for volume in service(name)["volumes"])
    subnet = COMPOSE["networks"]["default"]["ipam"]["config"][0]["subnet"]
    assert service("server-api")["environment"]["TRUSTED_PROXIES"] == subnet
    assert service("nginx")["environment"]["API_UPSTREAM"] == "server-api:8000"


def test_files_that_are_mounted_or_copied_exist() -> None:
    for name, one in COMPOSE["services"].items():
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./") and source != "./deploy/certs":
                assert (ROOT / source).exists(), f"{name}: {source}"
            elif not source.startswith("./"):
                assert source in COMPOSE["volumes"], f"{name}: {source}"
    for copied in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in copied.split()[:-1]:
            assert list(ROOT.glob(source)), f"Dockerfile copies {source}"


def test_images_are_pinned_by_tag() -> None:
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    images += [one["image"] for one in COMPOSE["services"].values() if not one["image"].startswith("evoai-connect")]
    images += [job["container"] for flow in WORKFLOWS.values() for job in flow["jobs"].values() if "container" in job]
    assert len(images) >= 6
    for image in images:
        assert re.fullmatch(r"[a-z0-9./-]+:[a-z0-9.-]+", image), image
        assert not image.endswith(":latest")
    uses = [
        step["uses"]
        for flow in WORKFLOWS.values()
        for job in flow["jobs"].values()
        for step in job["steps"]
        if "uses" in step
    ]
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@v\d+", name) for name in uses)


def test_the_image_runs_as_an_ordinary_user_and_ends_with_the_app() -> None:
    stages = re.split(r"(?m)^(?=FROM )", DOCKERFILE)[1:]
    assert stages[-1].startswith("FROM python:3.11-"), "the locks are compiled for this version"
    assert " AS app\n" in stages[-1], "Railway builds the last stage"
    assert re.search(r"^USER evoai$", stages[-1], re.MULTILINE)
    assert "HOST=0.0.0.0" in stages[-1]
    assert re.search(r"^HEALTHCHECK .*/health/live", stages[-1], re.MULTILINE)
    assert stages[-1].index("USER evoai") < stages[-1].index("ENTRYPOINT")
    assert "--require-hashes" in DOCKERFILE
    assert "npm ci" in DOCKERFILE


def test_railway_runs_the_image_and_migrates_once() -> None:
    api, worker = RAILWAY["railway.toml"], RAILWAY["railway.worker.toml"]
    for one in (api, worker):
        assert one["build"]["builder"] == "DOCKERFILE"
        assert (ROOT / one["build"]["dockerfilePath"]).is_file()
        assert one["deploy"]["healthcheckPath"] == "/health/ready"
        assert isinstance(one["deploy"]["drainingSeconds"], int)
        assert one["deploy"]["drainingSeconds"] >= 30
    assert api["deploy"]["preDeployCommand"] == ["python -m evoai.cli db migrate"]
    assert "preDeployCommand" not in worker["deploy"]


def vercel_headers(path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule in VERCEL["headers"]:
        if re.fullmatch(rule["source"], path):
            found |= {header["key"]: header["value"] for header in rule["headers"]}
    return found


def test_vercel_serves_the_client_with_its_headers() -> None:
    page, asset = vercel_headers("/inbox/1"), vercel_headers("/assets/index-abc.js")
    assert page["Cache-Control"] == vercel_headers("/")["Cache-Control"] == "no-cache"
    assert asset["Cache-Control"] == "public, max-age=31536000, immutable"
    for name, value in HEADERS.items():
        assert page[name] == asset[name] == value
    assert int(re.findall(r"max-age=(\d+)", page["Strict-Transport-Security"])[0]) >= 31_536_000
    assert VERCEL["outputDirectory"] == "client/dist"
    api, fallback = VERCEL["rewrites"]
    assert api["source"] == "/api/:path*"
    host = re.fullmatch(r"https://([a-z.]+)/api/:path\*", api["destination"])
    assert host
    check_policy(page["Content-Security-Policy"], f"https://{host[1]}", f"wss://{host[1]}")
    assert fallback["destination"] == "/index.html"
    assert re.fullmatch(fallback["source"], "/inbox/1")
    assert not re.fullmatch(fallback["source"], "/assets/gone.js"), "a missing chunk is 404, not a page"


def check_policy(policy: str, *origins: str) -> None:
    rules = {words[0]: words[1:] for words in (rule.split() for rule in policy.split(";"))}
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
    assert rules["script-src"] == ["'self'"]
    assert rules["style-src"] == ["'self'", "'unsafe-inline'"]
    assert rules["connect-src"][0] == "'self'"
    assert set(origins) <= set(rules["connect-src"])


def test_nginx_has_the_same_headers_and_hides_what_is_inside() -> None:
    security, site, top = NGINX["security.inc"], NGINX["evoai.conf.template"], NGINX["nginx.conf"]
    for name, value in HEADERS.items():
        assert f'add_header {name} "{value}" always;' in security
    assert "add_header Strict-Transport-Security" in security
    policy = re.search(r'Content-Security-Policy "([^"]+)"', security)
    assert policy
    check_policy(policy[1], "wss://$host")
    for location in re.findall(r"location [^{]+\{[^}]+\}", site):
        # nginx drops the outer headers where a location adds one of its own.
        assert ("add_header" in location) == ("security.inc" in location), location
    assert re.search(r"location = /metrics \{\s+return 404;", site)
    assert "map $uri $logged_uri" in top
    assert "$request_uri" not in top.split("log_format")[1].split(";")[0], "paths of hooks are secrets"
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX["proxy.inc"], "what a client claims is dropped"
    variables = set(re.findall(r"\$\{(\w+)\}", site))
    assert variables == {"SERVER_NAME", "API_UPSTREAM"} == set(service("nginx")["environment"])


def test_no_file_holds_a_secret() -> None:
    files = [ROOT / "docker-compose.yml", ROOT / "vercel.json", ROOT / ".ci/run", *(ROOT / "deploy").rglob("*")]
    named = re.compile(r"""(?i)\b(\w*(?:password|secret|_key|token)\w*)["']?\s*[:=]\s*(\S.*)""")
    for file in files:
        if not file.is_file() or file.suffix == ".pem":
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            # What is read from the environment, or is a variable of psql, is no value.
            given = re.sub(r"""\$\{\w+(:\?[^}]*|:-)?\}|:'\w+'""", "$", line)
            match = None if line.lstrip().startswith("#") else named.search(given)
            if match:
                assert re.match(r"""["']?\$(?!\{)""", match[2]), f"{file.name}:{number} gives {match[1]} a value"
    for name, value in service("postgres")["environment"].items():
        if name.endswith("PASSWORD"):
            assert value == f"${{{name}:?set it in .env}}"


def test_locks_name_no_registry_and_agree() -> None:
    pins: dict[str, dict[str, str]] = {}
    for name in ("base", "embedded", "dev"):
        text = (ROOT / f"requirements/{name}.txt").read_text()
        assert not re.search(r"https?://|--index-url|--find-links|file:", text), name
        pins[name] = dict(re.findall(r"(?m)^([A-Za-z0-9._-]+)==([^\s;]+)", text))
        assert text.count("--hash=sha256:") >= len(pins[name]) > 20
    assert pins["base"].items() <= pins["embedded"].items() <= pins["dev"].items()
    lock = (ROOT / "client/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "registry" not in lock
    packages = json.loads(lock)["packages"]
    assert sum("integrity" in package for package in packages.values()) > 200


def test_ci_is_the_make_targets() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", MAKEFILE, re.MULTILINE))
    promised = "demo demo-reset dev check test e2e bench faults faults-full types migrate lock"
    assert set(promised.split()) <= targets
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony
    assert targets == set(phony[1].split())
    runs = [
        step["run"]
        for flow in WORKFLOWS.values()
        for job in flow["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    called = {match for run in runs for match in re.findall(r"^make ([a-z0-9-]+)", run)}
    assert {"check", "faults", "faults-full"} <= called <= targets
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash")
    assert "set -euo pipefail" in text
    assert re.findall(r"^(?:if ! )?make ([a-z-]+)", text, re.MULTILINE) == ["check", "test", "faults"]
    assert any(".ci/run" in run for run in runs)
    for flow in WORKFLOWS.values():
        assert flow["permissions"] == {"contents": "read"}
    for file in (ROOT / ".github").rglob("*.yml"):
        assert yaml.safe_load(file.read_text()), file

"""One command on a fresh machine: `python3 bootstrap.py demo|test|lint|bench|screenshots [arguments]`.

Makes .venv from the locks in requirements/ (every file checked against its hash), asks Debian's package manager for what
only the tests need, then hands over. Uses the standard library alone and needs no network once all is there.
"""

import glob
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"demo": "demo.txt", "test": "dev.txt", "lint": "dev.txt", "bench": "dev.txt", "screenshots": "dev.txt"}
FREE = 1_500_000_000  # bytes: the environment, the database's first data, a copy of its programs
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHINESE_FONT = "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"  # without one, screenshots show boxes


class Refusal(Exception):
    """Why it cannot go on and what to do about it, in one sentence."""


def require_python(version):
    """Refuse a Python that Django cannot run on."""
    if tuple(version[:2]) < (3, 11):
        found = ".".join(str(part) for part in version[:3])
        raise Refusal(
            f"shipops needs Python 3.11 or newer, and this is {found}: install python3.11 and run it in its place."
        )


def require_disk(path, free_bytes=None):
    """Refuse to begin what would fill the disk."""
    free = shutil.disk_usage(path).free if free_bytes is None else free_bytes
    if free < FREE:
        raise Refusal(
            f"{path} has {free / 1e9:.1f} GB free and shipops needs {FREE / 1e9:.1f} GB: make room, then start again."
        )


def require_port(port, host="127.0.0.1"):
    """Refuse a port that another program holds."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refusal(
                f"Port {port} is in use or not allowed ({error.strerror}): choose another, as in PORT={port + 10} make demo."
            ) from None


def install(lock):
    """Make .venv hold what requirements/`lock` pins; nothing is done when it already does."""
    wanted = _digest(ROOT / "requirements" / lock)
    whole = _digest(ROOT / "requirements" / "dev.txt")  # the development lock contains the demo's
    if _python_works() and (_stamp(lock) == wanted or _stamp("dev.txt") == whole):
        return
    require_disk(ROOT)
    if not _python_works():
        print("Making .venv …", flush=True)
        _run([sys.executable, "-m", "venv", "--without-pip", "--clear", VENV])
    print(f"Installing requirements/{lock} …", flush=True)
    pip, environment = _pip()
    requirements = ["--require-hashes", "-r", ROOT / "requirements" / lock]
    uv = _uv(pip, environment)
    if uv:
        _run([uv, "pip", "install", "--quiet", "--python", PYTHON, *requirements], _same_index(pip, environment))
    else:
        _run([*pip, "install", "--quiet", "--disable-pip-version-check", *requirements], environment)
    (VENV / f".{lock}.sha256").write_text(wanted)


def _python_works():
    probe = [PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return PYTHON.exists() and subprocess.run(probe, check=False, capture_output=True).returncode == 0


def _pip():
    """A pip to begin with, without the seconds that installing one into .venv takes: the command and its environment."""
    spec = importlib.util.find_spec("ensurepip")
    folders = ["/usr/share/python-wheels"]  # where Debian keeps what it took out of ensurepip
    if spec and spec.origin:
        folders.insert(0, os.path.join(os.path.dirname(spec.origin), "_bundled"))
    wheels = [wheel for folder in folders for wheel in glob.glob(os.path.join(folder, "pip-*.whl"))]
    if wheels:
        return [PYTHON, "-m", "pip"], {**os.environ, "PYTHONPATH": wheels[0]}
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "--python", PYTHON], dict(os.environ)
    if _apt("python3-venv"):
        return _pip()
    raise Refusal("Python's venv module is incomplete here: install it (Debian, Ubuntu: apt-get install python3-venv).")


def _uv(pip, environment):
    """uv, of a known hash and out of the environment's way; None where it has no build for this platform."""
    folder = VENV / ".uv"
    program = folder / "bin" / "uv"
    if not program.exists():
        words = ["install", "-qq", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        requirements = ROOT / "requirements" / "uv.txt"
        argv = [*pip, *words, "--target", folder, "-r", requirements]
        if subprocess.run(argv, check=False, env=environment, cwd=ROOT).returncode != 0:
            return None
    return program


def _same_index(pip, environment):
    """The environment in which uv asks the mirror that pip is configured for; uv does not read pip's files."""
    asked = subprocess.run(
        [*pip, "config", "get", "global.index-url"], check=False, env=environment, capture_output=True
    )
    index = os.environ.get("PIP_INDEX_URL") or asked.stdout.decode().strip()
    return {"UV_DEFAULT_INDEX": index, **os.environ} if index else None


def from_debian(verb):
    """What pip does not have: Chromium and a Chinese font, and for the tests gettext; installed by root, else asked for."""
    missing = [] if any(map(shutil.which, CHROMIUM)) else ["chromium"]
    if not os.path.exists(CHINESE_FONT):
        missing.append("fonts-wqy-microhei")
    if verb == "test" and not shutil.which("xgettext"):
        missing.append("gettext")
    if missing and not _apt(*missing):
        print(f"Some tests are left out here: install {' and '.join(missing)} (Debian: apt-get install).")


def _apt(*packages):
    """Whether Debian's packages could be installed; only root may try."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing {' '.join(packages)} …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install_them = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    for argv in (install_them, ["apt-get", "update", "-qq"], install_them):  # the lists may be missing or old
        done = subprocess.run(argv, check=False, env=quiet, capture_output=True, stdin=subprocess.DEVNULL)
        if argv is install_them and done.returncode == 0:
            return True
    print(done.stderr.decode(errors="replace").strip(), file=sys.stderr)
    return False


def lint():
    """Every check of the source, side by side; the names of those that failed."""
    tools = VENV / "bin"
    checks = {
        "ruff": [tools / "ruff", "check", "--output-format", "concise", "."],
        "format": [tools / "ruff", "format", "--check", "--output-format", "concise", "."],
        "mypy": [tools / "mypy"],
        "templates": [tools / "djlint", "templates", "--lint", "--quiet"],
        "migrations": [PYTHON, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"],
        "compose": [tools / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        "dockerfile": [tools / "hadolint", "Dockerfile"],
    }
    results = {}

    def check(name, argv):
        results[name] = subprocess.run(
            argv, check=False, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    threads = [threading.Thread(target=check, args=pair) for pair in checks.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [name for name in checks if results[name].returncode != 0]
    for name in failed:
        print(f"--- lint: {name}\n{results[name].stdout.decode(errors='replace').rstrip()}", flush=True)
    print("lint:", "failed: " + ", ".join(failed) if failed else f"all {len(checks)} checks passed", flush=True)
    return failed


def with_engine(*words):
    """Run a command of .venv on a database and a broker that are thrown away afterwards; its exit code."""
    argv = [PYTHON, "-m", "shipops.embedded", "--scratch", *words]
    return subprocess.run(list(map(str, argv)), check=False, cwd=ROOT).returncode


def main(argv):
    """Run one verb; the exit code."""
    require_python(sys.version_info)
    verb, rest = (argv[0], argv[1:]) if argv else ("", [])
    if verb not in LOCKS:
        raise Refusal(f"Say what to do: python3 bootstrap.py {'|'.join(LOCKS)}")
    if verb == "demo":
        port = os.environ.get("PORT") or "8000"
        if not port.isdigit():
            raise Refusal(f"PORT must be a number, and it is {port!r}.")
        require_port(int(port))
    install(LOCKS[verb])
    if verb in ("test", "screenshots"):
        from_debian(verb)
    os.chdir(ROOT)
    if verb == "lint":
        return 1 if lint() else 0
    if verb == "test":
        failed = lint()
        code = with_engine(PYTHON, "-m", "pytest", *rest)
        return code or (1 if failed else 0)
    if verb == "bench":
        return with_engine("--durable", PYTHON, "-m", "benchmarks", *rest)
    beside = ["--scratch", PYTHON, "-m", "tests.e2e.screenshots"] if verb == "screenshots" else []
    sys.stdout.flush()
    os.execv(PYTHON, [str(word) for word in (PYTHON, "-m", "shipops.demo", *beside, *rest)])


def _run(argv, environment=None):
    if subprocess.run(list(map(str, argv)), check=False, env=environment, cwd=ROOT).returncode != 0:
        raise Refusal(f"The step above failed: {' '.join(map(str, argv[:4]))} …")


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _stamp(lock):
    stamp = VENV / f".{lock}.sha256"
    return stamp.read_text() if stamp.exists() else ""


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Refusal as refusal:
        sys.exit(f"{refusal}")
    except OSError as error:
        sys.exit(f"This cannot be done here: {error}.")
    except KeyboardInterrupt:
        sys.exit(130)

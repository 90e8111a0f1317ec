"""Whom to run the database as when root starts it: PostgreSQL refuses root, and nothing that listens should be root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

NAME = "shipops"


@dataclass(frozen=True)
class Account:
    """A user of the machine."""

    name: str
    uid: int
    gid: int


class RunAs(TypedDict, total=False):
    """The arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


def run_as(account: Account | None) -> RunAs:
    """The arguments that make a child run as `account`; none of them for None."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def engine_account(data: Path) -> Account | None:
    """The user to run servers as: None (ourselves) for an ordinary user; for root the owner of `data`, else `shipops`.

    `shipops` is created as a system user when missing; where that is impossible `nobody` is taken.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return _account(pwd.getpwuid(data.stat().st_uid))
    try:
        return _account(pwd.getpwnam(NAME))
    except KeyError:
        return _create() or _account(pwd.getpwnam("nobody"))


def closed_to(path: Path, account: Account) -> Path | None:
    """The first directory on the way to `path` (itself included) that `account` may not pass, None when it may."""
    for directory in [*reversed(path.parents), path]:
        if not directory.exists():
            return None
        state = directory.stat()
        bit = 0o100 if state.st_uid == account.uid else 0o010 if state.st_gid == account.gid else 0o001
        if not state.st_mode & bit:
            return directory
    return None


def private_directory(path: Path, account: Account | None) -> Path:
    """Make `path` a directory of `account` (None: ours) that nobody else may enter.

    Raises PermissionError when it exists and belongs to someone else.
    """
    owner = os.geteuid() if account is None else account.uid
    try:
        path.mkdir(mode=0o700)
        if account is not None:
            os.chown(path, account.uid, account.gid)
    except FileExistsError:
        state = path.lstat()
        if not path.is_dir() or path.is_symlink() or state.st_uid != owner:
            raise PermissionError(f"{path} belongs to another user") from None
    if path.stat().st_mode & 0o777 != 0o700:
        path.chmod(0o700)
    return path


def _create() -> Account | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        return None
    words = ["--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
    made = subprocess.run([useradd, *words], capture_output=True, check=False)
    return _account(pwd.getpwnam(NAME)) if made.returncode == 0 else None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)

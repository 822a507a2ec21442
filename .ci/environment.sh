# shellcheck shell=sh
# What ./start and ./check have in common. Sourced from the checkout's folder, by a shell under `set -eu`.

# make_environment UV_SYNC_OPTION...: bring .venv to what uv.lock says, by whichever way this machine has.
make_environment() {
    # Merging without a checkout came with git 2.38.
    git merge-tree -h 2>&1 | grep -q -e --write-tree ||
        refuse "git 2.38 or newer is needed; found: $(git --version 2>/dev/null || echo none)." \
            "install it (Debian, Ubuntu: apt-get install git)."
    [ -e .venv/bin/agent-service ] || echo "Setting up .venv: once, and only in this folder …" >&2
    uv=$(find_uv) || uv=$(install_uv) || exit 1
    # --inexact: uv itself may live in .venv, and what the other command put there may stay.
    UV_PROJECT_ENVIRONMENT=.venv "$uv" sync --frozen --inexact --quiet "$@"
}

# The machine's uv, unless it is too old to know what we ask of it; else the one that an earlier call installed.
find_uv() {
    for uv in uv .venv/bin/uv; do
        if "$uv" sync --no-default-groups --help >/dev/null 2>&1; then
            echo "$uv"
            return 0
        fi
    done
    return 1
}

install_uv() {
    # A .venv that another uv made has no pip, and a service may be running from it: it is added to, not made anew.
    if ! .venv/bin/python -m ensurepip >/dev/null 2>&1; then
        python=$(find_python) || exit 1
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            refuse "This Python has no venv: $(command -v "$python")." \
                "apt-get install ${python##*/}-venv (Debian, Ubuntu), or install uv; then run this again."
        "$python" -m venv --clear .venv >&2 || exit 1
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1" >&2 ||
        refuse "uv could not be installed into .venv; pip said why." \
            "most often the network: run this again when Python's package index can be reached."
    echo .venv/bin/uv
}

find_python() {
    seen=none
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        if version=$("$python" -c "$about_python" 2>/dev/null); then
            echo "$python"
            return 0
        fi
        [ -z "$version" ] || seen="$python is $version"
    done
    refuse "Python 3.11 or newer is needed; found: $seen." "install it, or install uv, which brings one."
}

about_python='import sys; print("%d.%d.%d" % sys.version_info[:3]); sys.exit(sys.version_info < (3, 11))'

refuse() { # refuse WHAT MEND
    echo "$1 Mend: $2" >&2
    exit 1
}

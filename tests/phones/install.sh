#!/bin/sh
# The independent phones of the tests: sipp, baresip, linphonec, and sox for their sound files; iproute2, procps and
# nftables for networks and a NAT; openssl, another reader of certificates; zsh and fish, whose TAB is tried too.
# Quick when everything is there.  Where they cannot be had this says so and goes on: the tests that need a phone then
# fail with that reason, those that need a shell or a network are left out with theirs.
set -u

PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" # not in everybody's
missing=""
command -v sipp >/dev/null 2>&1 || missing="$missing sip-tester"
command -v baresip >/dev/null 2>&1 || missing="$missing baresip-core"
command -v linphonec >/dev/null 2>&1 || missing="$missing linphone-cli"
command -v nft >/dev/null 2>&1 || missing="$missing nftables"
command -v ip >/dev/null 2>&1 && command -v tc >/dev/null 2>&1 || missing="$missing iproute2"
command -v sysctl >/dev/null 2>&1 || missing="$missing procps"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
command -v sox >/dev/null 2>&1 || missing="$missing sox"
command -v zsh >/dev/null 2>&1 || missing="$missing zsh"
command -v fish >/dev/null 2>&1 || missing="$missing fish"
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "phones: no apt-get here: install sipp, baresip 1.0 or later, linphonec and sox yourself; calls with them will fail until then" >&2
    exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "phones: run as root: apt-get install --no-install-recommends$missing; calls with them will fail until then" >&2
        exit 0
    fi
    as_root="sudo"
fi

echo "phones: installing$missing"
# $missing is a list of words on purpose.
# shellcheck disable=SC2086
if ! { $as_root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq install -y --no-install-recommends $missing >/dev/null; }; then
    echo "phones: apt-get could not install$missing (see above); calls with them will fail until it can" >&2
fi
exit 0

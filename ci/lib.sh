# Finding, and where it may be done installing, the JDK and Maven. Read by ./ashlar and ./verify; needs bash.

say() { printf 'ashlar: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# java_major HOME: sets major to the Java version of that home, or to 0. Starts no process.
java_major() {
  local line
  major=0
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in
      JAVA_VERSION=*)
        line=${line#*=}
        line=${line//\"/}
        line=${line#1.}
        major=${line%%[.+-]*}
        ;;
    esac
  done <"$1/release"
  case $major in '' | *[!0-9]*) major=0 ;; esac
  [ "$major" -ge 17 ]
}

usable_java() { java_major "$1" && { [ "$2" != jdk ] || [ -x "$1/bin/javac" ]; }; }

# find_java java|jdk: sets JAVA_HOME to a Java of at least 17: the one JAVA_HOME names, the one on PATH, any under /usr/lib/jvm.
find_java() {
  local candidate path
  if [ -n "${JAVA_HOME:-}" ] && usable_java "$JAVA_HOME" "$1"; then return 0; fi
  if path=$(command -v java) && path=$(readlink -f "$path") && usable_java "${path%/bin/java}" "$1"; then
    JAVA_HOME=${path%/bin/java}
    return 0
  fi
  for candidate in /usr/lib/jvm/default-java /usr/lib/jvm/*; do
    if [ ! -L "${candidate}" ] || [ "$candidate" = /usr/lib/jvm/default-java ]; then
      if usable_java "$candidate" "$1"; then JAVA_HOME=$candidate; return 0; fi
    fi
  done
  return 1
}

as_root=()
may_install() {
  command -v apt-get >/dev/null 2>&1 || return 1
  [ "$(id -u)" = 0 ] && return 0
  command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null && as_root=(sudo -n)
  [ ${#as_root[@]} -gt 0 ]
}

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 "$@"
}

# need_build_tools: a JDK of at least 17 and Maven, installed if they can be; else ends with the command that would do it.
need_build_tools() {
  local packages=() log
  find_java jdk || packages+=(default-jdk-headless)
  command -v mvn >/dev/null 2>&1 || packages+=(maven)
  if [ ${#packages[@]} -gt 0 ]; then
    if may_install; then
      say "installing ${packages[*]}"
      log=$(mktemp)
      { apt_get update; apt_get install --no-install-recommends "${packages[@]}"; } >"$log" 2>&1 </dev/null || tail -n 15 "$log" >&2
      rm -f "$log"
      hash -r
    fi
    if ! find_java jdk || ! command -v mvn >/dev/null 2>&1; then
      if command -v apt-get >/dev/null 2>&1; then
        die "a JDK (17 or newer) and Maven are needed: sudo apt-get install -y --no-install-recommends ${packages[*]}"
      fi
      die "a JDK (17 or newer) and Maven are needed, on PATH or in JAVA_HOME; not found: ${packages[*]}"
    fi
  fi
  export JAVA_HOME
}

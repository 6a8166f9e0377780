# Builds the benchmarks into .ashlar/bench when the sources changed since the last time; sets root, classpath and JAVA_HOME.
# Read by bench/compare, bench/jmh, bench/journal and bench/journal-cost.
root=$(cd -P "${BASH_SOURCE[0]%/*}/.." && pwd)
. "$root/ci/lib.sh"

bench_fresh() {
  [ -f "$lib/built" ] && [ -z "$(find "$root"/pom.xml "$root"/bench/pom.xml "$root"/{plugins-api,drivers,engine}/*/pom.xml \
    "$root"/bench/src/main "$root"/{plugins-api,drivers,engine}/*/src/main -newer "$lib/built" -print -quit)" ]
}

lib=$root/.ashlar/bench
if ! bench_fresh; then
  need_build_tools
  say "building the benchmarks"
  rm -rf "$lib" && mkdir -p "$lib" || die "cannot write to $lib"
  touch "$lib/begun"
  (cd "$root" && mvn -B -q -Dstyle.color=never -Dashlar.fast -Dashlar.bench.lib="$lib" -pl bench -am compile jar:jar) \
    >"$lib/build.log" 2>&1 </dev/null || { tail -n 20 "$lib/build.log" >&2; die "the build failed; see $lib/build.log"; }
  cp "$root"/bench/target/ashlar-bench-*.jar "$lib"/ || die "the build left no jar"
  mv "$lib/begun" "$lib/built"
fi
find_java java || need_build_tools
java=("$JAVA_HOME/bin/java" -cp "$lib/*" -Dlogback.configurationFile="$root/conf/logback.xml")
[ "$major" -lt 23 ] || java+=(--sun-misc-unsafe-memory-access=allow)
[ "$major" -lt 24 ] || java+=(--enable-native-access=ALL-UNNAMED)

#!/usr/bin/env bash
# A Spark standalone cluster on this machine's loopback, without a Spark distribution: one master and two workers of
# one core each, all JVMs of their own, from the class path that Maven knows.
#
#   cluster.sh start     compiles, starts what does not run, and returns when both workers are registered
#   cluster.sh status    says what runs; fails unless all does
#   cluster.sh stop      stops all
#
# In the environment: SPARK_PORT, the master's port (7077); LACKING, an artifact that worker 2 is started without, as
# one that was set up badly.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
run=$here/target/cluster
port=${SPARK_PORT:-7077}
url=spark://127.0.0.1:$port
daemons=(worker-1 worker-2 master)
patience=120

fail() {
  echo "cluster.sh: $*" >&2
  exit 1
}

pid() { cat "$run/$1.pid" 2>/dev/null; }

# Not just any process with the number: after a crash another one may have it.
alive() { ps -p "$(pid "$1" || echo 0)" -o command= 2>/dev/null | grep -q org.apache.spark.deploy; }

launch() { # name, class path of its executors, main class, arguments
  local name=$1 executors=$2
  shift 2
  # Where Spark looks for its own jars; they come by the class path.
  mkdir -p "$run/$name/jars"
  SPARK_HOME=$run/$name SPARK_WORKER_DIR=$run/$name/work SPARK_LOCAL_IP=127.0.0.1 SPARK_SCALA_VERSION=2.12 \
    SPARK_DIST_CLASSPATH=$executors OMP_WAIT_POLICY=passive \
    nohup "${JAVA_HOME:+$JAVA_HOME/bin/}java" "@$root/.mvn/jvm.config" -Xmx512m -Dspark.port.maxRetries=0 \
    -Dorg.slf4j.simpleLogger.log.org.apache.spark=info -cp "$(cat "$here/target/classpath")" "$@" \
    >"$run/$name.log" 2>&1 </dev/null &
  echo $! >"$run/$name.pid"
}

await() { # name, line in its log
  for ((second = 0; second < patience; second++)); do
    grep -q "$2" "$run/$1.log" 2>/dev/null && return
    alive "$1" || { sleep 1; alive "$1" || fail "$1 did not start: $(tail -n 1 "$run/$1.log") (all of it: $run/$1.log)"; }
    sleep 1
  done
  fail "$1 did not start in $patience s, see $run/$1.log"
}

start() {
  if ! alive master; then
    # Workers of a master that is gone, and classes that may have changed.
    stop
    (cd "$root" && mvn -B -ntp -q -Pspark -pl examples/spark -am compile)
    mkdir -p "$run"
    launch master "" org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$port" --webui-port 0
  fi
  await master "New state: ALIVE"
  for worker in worker-1 worker-2; do
    if ! alive $worker; then
      local executors
      executors=$(cat "$here/target/classpath")
      if [ $worker = worker-2 ] && [ -n "${LACKING:-}" ]; then
        executors=$(tr : '\n' <<<"$executors" | grep -v "/$LACKING/" | paste -sd : -)
      fi
      launch $worker "$executors" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 \
        --cores 1 --memory 2g "$url"
    fi
  done
  await worker-1 "Successfully registered with master"
  await worker-2 "Successfully registered with master"
  echo "$url"
}

status() {
  local missing=0
  for name in "${daemons[@]}"; do
    if alive "$name"; then
      echo "$name runs, process $(pid "$name")"
    else
      echo "$name does not run"
      missing=1
    fi
  done
  return $missing
}

stop() {
  for name in "${daemons[@]}"; do
    if alive "$name"; then
      kill "$(pid "$name")" 2>/dev/null || true
      for ((tenth = 0; tenth < 200; tenth++)); do
        alive "$name" || break
        sleep 0.1
      done
      if alive "$name"; then
        kill -9 "$(pid "$name")" 2>/dev/null || true
      fi
    fi
    rm -f "$run/$name.pid"
  done
}

case "${1:-}" in
start | status | stop) "$1" ;;
*) fail "say start, status or stop" ;;
esac

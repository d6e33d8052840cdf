#!/usr/bin/env bash
# A real Slurm of virtual nodes on this machine, for tests: loopback only, nothing in /etc, everything in DIR.
#   slurm_cluster.sh start DIR [NODES] [PORT]     then SLURM_CONF=DIR/slurm.conf for its clients
#   slurm_cluster.sh stop DIR                     ends what was started in DIR, by process id
# Needs root and Debian's slurmctld, slurmd, slurm-client, munge (packages-test.txt).
set -euo pipefail
verb=${1:?start or stop} dir=$(realpath -m "${2:?a directory}")
export SLURM_CONF=$dir/slurm.conf

# Processes of ours that the pid files name, as long as they are what they were.
daemons() {
  local file pid
  for file in "$dir"/run/*.pid; do
    [[ -f $file ]] && pid=$(<"$file") && [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || continue
    tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qE 'slurm|munged' && printf '%s\n' "$pid"
  done
  return 0
}

# Job steps whose environment names this cluster; they outlive a daemon that was killed.
steps() {
  local pid
  for pid in $(pgrep -f '^slurmstepd: ' || true); do
    tr '\0' '\n' 2>/dev/null <"/proc/$pid/environ" | grep -qx "SLURM_CONF=$dir/slurm.conf" && printf '%s\n' "$pid"
  done
  return 0
}

descendants() { local child; for child in $(pgrep -P "$1" || true); do printf '%s\n' "$child"; descendants "$child"; done; }

if [[ $verb == stop ]]; then
  for pid in $(steps); do kill -KILL $(descendants "$pid") "$pid" 2>/dev/null || true; done
  pids=$(daemons)
  for pid in $pids; do kill -CONT "$pid" 2>/dev/null || true; kill -TERM "$pid" 2>/dev/null || true; done
  for ((t = 0; t < 30; ++t)); do [[ -n $(daemons) ]] || break; sleep 0.1; done
  for pid in $(daemons) $(steps); do kill -KILL $(descendants "$pid") "$pid" 2>/dev/null || true; done
  exit 0
fi

nodes=${3:-3} port=${4:-17600} host=$(hostname -s)
umask 022
mkdir -p "$dir"/{state,spool,log,run,munge,dev}
chmod 755 "$dir" "$dir"/{state,spool,log,run}
chmod 700 "$dir/munge"
[[ -f $dir/munge/key ]] || (umask 077; head -c 128 /dev/urandom >"$dir/munge/key")
# --force: parent folders of a test's may be writable by others.
munged --force --key-file="$dir/munge/key" --socket="$dir/run/munge.socket" --pid-file="$dir/run/munged.pid" \
  --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" 2>"$dir/log/munged.start"

# cred_expire is also how long a requeued job waits; the other times are short so that faults show soon.
# Without cgroups, a virtual node may claim more than this machine has.
cat >"$dir/slurm.conf" <<CONF
ClusterName=pgolftest
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd-%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd-%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=0,bf_interval=1,sched_interval=1
SlurmdTimeout=5
SlurmctldTimeout=5
KillWait=5
UnkillableStepTimeout=15
MessageTimeout=5
BatchStartTimeout=10
InactiveLimit=0
MinJobAge=300
MaxArraySize=${PGOLF_TEST_MAX_ARRAY:-1001}
JobRequeue=1
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
CONF
for ((i = 0; i < nodes; ++i)); do
  echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 10 + i)) CPUs=4 Boards=1 SocketsPerBoard=1" \
    "CoresPerSocket=4 ThreadsPerCore=1 RealMemory=16000 Gres=gpu:8 State=UNKNOWN"
done >>"$dir/slurm.conf"
cat >>"$dir/slurm.conf" <<CONF
PartitionName=main Nodes=n[0-$((nodes - 1))] Default=YES MaxTime=60 State=UP OverSubscribe=NO PriorityTier=10 PreemptMode=OFF
PartitionName=spot Nodes=n[0-$((nodes - 1))] MaxTime=60 State=UP OverSubscribe=NO PriorityTier=1 PreemptMode=REQUEUE GraceTime=5
CONF
# GPUs that are none: slurmd counts device nodes, and names them by their digits.
for ((g = 0; g < 8; ++g)); do [[ -c $dir/dev/gpu$g ]] || mknod -m 666 "$dir/dev/gpu$g" c 1 3; done
echo "Name=gpu File=$dir/dev/gpu[0-7]" >"$dir/gres.conf"
echo "CgroupAutomount=no" >"$dir/cgroup.conf"

slurmctld -c
for ((i = 0; i < nodes; ++i)); do slurmd -N "n$i"; done
for ((t = 0; t < 300; ++t)); do
  idle=$(sinfo -h -N -p main -o '%N %t' 2>/dev/null | awk '$2 == "idle"' | wc -l)
  [[ $idle != "$nodes" ]] || exit 0
  sleep 0.1
done
echo "slurm_cluster.sh: only $idle of $nodes nodes came up; see $dir/log" >&2
exit 1

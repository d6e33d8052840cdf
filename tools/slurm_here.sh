#!/usr/bin/env bash
# A Slurm of this one machine, for a rented machine that has none: pgolf sweep run DIR --on slurm then works here.
#   tools/slurm_here.sh start     as root; then: export SLURM_CONF=/run/pgolf-slurm/slurm.conf
#   tools/slurm_here.sh stop
# Needs Debian's slurmctld, slurmd, slurm-client, munge. Everything lies in PGOLF_SLURM_DIR (/run/pgolf-slurm).
set -euo pipefail
verb=${1:?start or stop} dir=${PGOLF_SLURM_DIR:-/run/pgolf-slurm} port=${PGOLF_SLURM_PORT:-17500}
export SLURM_CONF=$dir/slurm.conf

if [[ $verb == stop ]]; then
  timeout 10 scancel --user="$(id -un)" 2>/dev/null || true
  for name in slurmd slurmctld munged; do
    [[ -f $dir/run/$name.pid ]] && pid=$(<"$dir/run/$name.pid") || continue
    [[ -r /proc/$pid/comm && $(</proc/"$pid"/comm) == "$name"* ]] && kill -TERM "$pid" || true
  done
  exit 0
fi

for program in munged slurmctld slurmd sinfo; do
  command -v "$program" >/dev/null || { echo "slurm_here.sh: $program is missing: apt-get install slurmctld slurmd slurm-client munge" >&2; exit 6; }
done
[[ $(id -u) == 0 ]] || { echo "slurm_here.sh: run as root" >&2; exit 2; }
host=$(hostname -s) cpus=$(nproc) memory=$(($(awk '/^MemTotal/ {print $2}' /proc/meminfo) / 1024 * 15 / 16))
gpus=(/dev/nvidia[0-9]*)
[[ -e ${gpus[0]} ]] || gpus=()
umask 022
mkdir -p "$dir"/{state,spool,log,run,munge}
chmod 700 "$dir/munge"
[[ -f $dir/munge/key ]] || (umask 077; head -c 128 /dev/urandom >"$dir/munge/key")
munged --force --key-file="$dir/munge/key" --socket="$dir/run/munge.socket" --pid-file="$dir/run/munged.pid" \
  --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" 2>"$dir/log/munged.start"
cat >"$dir/slurm.conf" <<CONF
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket
CredType=cred/munge
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=$((memory / cpus))
ReturnToService=2
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=$cpus RealMemory=$memory ${gpus:+Gres=gpu:${#gpus[@]}} State=UNKNOWN
PartitionName=here Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
{ ((${#gpus[@]} == 0)) || printf 'Name=gpu File=%s\n' "${gpus[@]}"; } >"$dir/gres.conf"
echo "CgroupAutomount=no" >"$dir/cgroup.conf"
slurmctld -c
slurmd
for ((t = 0; t < 100; ++t)); do
  [[ $(sinfo -h -o %t 2>/dev/null) != idle ]] || { echo "export SLURM_CONF=$SLURM_CONF"; exit 0; }
  sleep 0.1
done
echo "slurm_here.sh: the node did not come up; see $dir/log" >&2
exit 6

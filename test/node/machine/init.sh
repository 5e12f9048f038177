#!/bin/bash
# Process 1 of the node: gives it a file system of its own view, then only reaps. usage: init.sh NAME FOLDER
set -euo pipefail
name=$1 folder=$2
mount --make-rshared /                        # containerd must see the volumes that the kubelet mounts
mount -t tmpfs tmpfs /run
mkdir -p /run/containerd /run/lock
# The kubelet, containerd and the CNI plugins write into these folders of the machine. Here they write into memory.
for changed in /etc /opt /usr /var/lib; do
  mkdir -p "/run/changes$changed/upper" "/run/changes$changed/work"
  mount -t overlay overlay -o "lowerdir=$changed,upperdir=/run/changes$changed/upper,workdir=/run/changes$changed/work" "$changed"
done
mount --bind "$folder/log" /var/log           # the kubelet writes /var/log/pods and /var/log/containers
# The kubelet changes these settings of the kernel unless it finds them as it wants them.
settle() { echo "$2" > "/run/$(basename "$1")"; mount --bind "/run/$(basename "$1")" "/proc/sys/$1"; }
settle vm/overcommit_memory 1
settle kernel/panic 10
settle kernel/panic_on_oops 1
hostname "$name"
touch "$folder/initialised"
while :; do sleep 3600 & wait $! || true; done

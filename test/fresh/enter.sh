# Runs as the first process of new mount, network and PID namespaces, makes ROOT the root of all that follows, and becomes
# the newcomer. Every mount is this namespace's own, so that all of them end with its last process.
set -eu

mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mkdir -p proc sys dev run root/.cache/multus-operator/bin var/cache/apt/archives usr/local/go usr/local/lib/node_modules/npm

mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /sys/fs/cgroup sys/fs/cgroup
mount --make-rslave sys/fs/cgroup
mount --bind /dev dev
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666,mode=620
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs tmpfs run

read_only() {
  mount --bind "$1" "$2"
  mount -o remount,bind,ro "$2"
}
read_only "$GO" usr/local/go
touch usr/local/bin/node
read_only "$NODE" usr/local/bin/node
read_only "$NPM" usr/local/lib/node_modules/npm
for name in npm npx; do ln -sf "../lib/node_modules/npm/bin/$name-cli.js" "usr/local/bin/$name"; done

mount --bind "$ARCHIVES" var/cache/apt/archives
# A program that the cache lacks is built in here, and seen.
mount -t overlay overlay -o "lowerdir=$PROGRAMS,upperdir=$BUILT,workdir=$BUILT.work" root/.cache/multus-operator/bin

# slirp4netns, outside, makes the one link to the world.
echo "nameserver 10.0.2.3" > etc/resolv.conf
echo "127.0.0.1 localhost" > etc/hosts
for attempt in $(seq 600); do
  if grep -q '^tap0' proc/net/route; then break; fi
  if [ "$attempt" = 600 ]; then echo "error: slirp4netns made no network within a minute" >&2; exit 1; fi
  sleep 0.1
done

pivot_root . .
umount --lazy .
cd /root/multus-operator
unset ROOT NODE NPM GO PROGRAMS BUILT ARCHIVES
exec bash test/fresh/newcomer.sh

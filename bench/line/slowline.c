/*
 * slowline NETNS-A NETNS-B MS: a line between two network namespaces that
 * takes MS milliseconds each way.  In each it is the device "slow", which is
 * there when this program runs and goes with it.
 *
 * Two TUN devices and packets that are handed from one to the other when their
 * time has come: real TCP of the kernel over a real round trip, where tc's
 * netem is not to be had.
 */

#define _GNU_SOURCE 1

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MAX 65536
#define UNDERWAY   32768 /* packets; more are lost, as routers lose them */
#define AT_A_TIME  256

struct packet {
	int64_t due_us;
	size_t len;
	uint8_t *bytes;
};

/* One way. */
struct line {
	int from, to;
	struct packet *ring;
	size_t head, tail; /* counts; modulo UNDERWAY they are places */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int open_device(const char *netns)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI,
				.ifr_name = "slow"};
	char path[256];

	(void)snprintf(path, sizeof(path), "/run/netns/%s", netns);
	int space = open(path, O_RDONLY | O_CLOEXEC);
	if (space < 0 || setns(space, CLONE_NEWNET) < 0)
		die(path);
	(void)close(space);
	int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0)
		die("/dev/net/tun");
	return device;
}

/* What came in at one end is on its way for so long. */
static void take_in(struct line *line, int64_t delay_us)
{
	static uint8_t bytes[PACKET_MAX];

	for (int i = 0; i < AT_A_TIME; i++) {
		ssize_t len = read(line->from, bytes, sizeof(bytes));
		if (len <= 0)
			return;
		if (line->tail - line->head == UNDERWAY)
			continue;
		struct packet *packet = &line->ring[line->tail++ % UNDERWAY];
		packet->due_us = now_us() + delay_us;
		packet->len = (size_t)len;
		packet->bytes = malloc(packet->len);
		if (!packet->bytes)
			die("memory");
		memcpy(packet->bytes, bytes, packet->len);
	}
}

/* Those whose time has come arrive: when the next one will, or 0. */
static int64_t hand_over(struct line *line)
{
	int64_t now = now_us();

	while (line->head != line->tail) {
		struct packet *packet = &line->ring[line->head % UNDERWAY];
		if (packet->due_us > now)
			return packet->due_us;
		ssize_t sent = write(line->to, packet->bytes, packet->len);
		(void)sent; /* a full device loses it */
		free(packet->bytes);
		line->head++;
	}
	return 0;
}

static void wait_for(struct line lines[2], int64_t due_us)
{
	struct pollfd ends[2] = {
		{.fd = lines[0].from, .events = POLLIN},
		{.fd = lines[1].from, .events = POLLIN},
	};
	int64_t left = due_us - now_us();
	struct timespec time = {0};

	if (left > 0) {
		time.tv_sec = left / 1000000;
		time.tv_nsec = left % 1000000 * 1000;
	}
	(void)ppoll(ends, 2, due_us ? &time : NULL, NULL);
}

int main(int argc, char **argv)
{
	struct line lines[2] = {0};

	if (argc != 4) {
		fprintf(stderr, "usage: slowline NETNS-A NETNS-B MS\n");
		return 2;
	}
	int a = open_device(argv[1]);
	int b = open_device(argv[2]);
	int64_t delay_us = (int64_t)(strtod(argv[3], NULL) * 1000);
	lines[0].from = lines[1].to = a;
	lines[0].to = lines[1].from = b;
	for (int i = 0; i < 2; i++) {
		lines[i].ring = calloc(UNDERWAY, sizeof(struct packet));
		if (!lines[i].ring)
			die("memory");
	}
	for (;;) {
		int64_t one = hand_over(&lines[0]);
		int64_t other = hand_over(&lines[1]);
		int64_t due = one && (!other || one < other) ? one : other;

		wait_for(lines, due);
		take_in(&lines[0], delay_us);
		take_in(&lines[1], delay_us);
	}
}

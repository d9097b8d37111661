/*
 * Salts: see salt.h.  The kernel's random numbers suffice, unless a virtual
 * machine was copied while running: then host key, set, clock and boot differ.
 */

#include "repo/salt.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "crypto/random.h"
#include "crypto/secret.h"

static uint8_t digit(int c)
{
	return (uint8_t)(isdigit(c) ? c - '0' : (tolower(c) - 'a') + 10);
}

/* Left zero where /proc is not mounted: it is one hedge of several. */
static void read_boot_id(uint8_t out[16])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[64];
	size_t n = 0;

	memset(out, 0, 16);
	if (fd < 0)
		return;
	ssize_t len = read(fd, text, sizeof(text));
	(void)close(fd);
	for (ssize_t i = 0; i < len && n < 32; i++) {
		if (!isxdigit((unsigned char)text[i]))
			continue;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 | digit(text[i]));
		n++;
	}
}

int bk_salt_make(const struct bk_repo *repo, const struct bk_file_id *id,
		 uint8_t out[BK_SALT_LEN], struct bk_err *err)
{
	uint8_t key[BK_KEY_LEN], random[32], number[4], clock[8], boot[16];
	struct bk_mac_key ready;
	struct timespec now = {0};
	struct bk_mac mac;

	if (bk_keys_salt(&repo->keys, repo->keys.generation, repo->host, key,
			 err) < 0)
		return -1;
	read_boot_id(boot);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	bk_random_bytes(random, sizeof(random));
	bk_put_u32(number, id->ordinal);
	bk_put_u64(clock,
		   (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	bk_mac_key_init(&ready, key);
	bk_mac_init(&mac, &ready);
	bk_mac_update(&mac, random, sizeof(random));
	bk_mac_update(&mac, id->set, sizeof(id->set));
	bk_mac_update(&mac, number, sizeof(number));
	bk_mac_update(&mac, clock, sizeof(clock));
	bk_mac_update(&mac, boot, sizeof(boot));
	bk_mac_final(&mac, out);
	bk_mac_key_clear(&ready);
	bk_wipe(key, sizeof(key));
	return 0;
}

/* scrypt by libsodium, with the ceilings of bk-format(5): see scrypt.h. */

#include "crypto/scrypt.h"

#include <sodium.h>
#include <stdbool.h>
#include <unistd.h>

const struct bk_scrypt bk_scrypt_usual = {18, 8, 1};

static uint64_t half_of_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

	if (pages <= 0 || size <= 0)
		return UINT64_MAX;
	return (uint64_t)pages * (uint64_t)size / 2;
}

static int check_cost(const struct bk_scrypt *cost, struct bk_err *err)
{
	bool known = cost->log2_n >= BK_SCRYPT_LEAST_LOG2_N &&
		     cost->log2_n <= BK_SCRYPT_MOST_LOG2_N && cost->r >= 1 &&
		     cost->r <= BK_SCRYPT_MOST_R && cost->p >= 1 &&
		     cost->p <= BK_SCRYPT_MOST_P;

	if (!known)
		return bk_fail(
			err, BK_CORRUPT,
			"scrypt with N = 2^%u, r = %u, p = %u is outside "
			"what is accepted",
			cost->log2_n, cost->r, cost->p);
	uint64_t bytes = UINT64_C(128) * cost->r *
			 ((UINT64_C(1) << cost->log2_n) + cost->p);
	if (bytes > half_of_memory())
		return bk_fail(err, BK_REFUSED,
			       "its password needs %ju MiB of memory to try, "
			       "more than half of this machine's",
			       (uintmax_t)(bytes >> 20));
	return 0;
}

int bk_scrypt(const struct bk_scrypt *cost, const struct bk_secret *password,
	      const uint8_t salt[BK_SCRYPT_SALT_LEN], uint8_t out[BK_KEY_LEN],
	      struct bk_err *err)
{
	if (check_cost(cost, err) < 0)
		return -1;
	bk_crypto_ready();
	if (crypto_pwhash_scryptsalsa208sha256_ll(
		    password->data, password->len, salt, BK_SCRYPT_SALT_LEN,
		    UINT64_C(1) << cost->log2_n, cost->r, cost->p, out,
		    BK_KEY_LEN) == 0)
		return 0;
	return bk_fail_errno(err, "scrypt with N = 2^%u, r = %u", cost->log2_n,
			     cost->r);
}

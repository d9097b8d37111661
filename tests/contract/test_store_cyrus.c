/*
 * The contract of stores, on accounts of a real Cyrus: as those of a Dovecot
 * (test_store_imap.c), and as its administrator, who has UIDs kept.
 */

#include "contract/store.h"

#include "lib/imap_place.h"

#define CYRUS(n, p, by_admin)                                                  \
	{                                                                      \
		.name = (n), .prepare = (p), .address = imap_place_account,    \
		.many = (by_admin), .wire = true, .gives_uids = !(by_admin),   \
		.max_keywords = 100, .looks_at_headers = true,                 \
		.epoch_is_now = true, .not_in_names = "\"%",                   \
		.release = imap_place_release,                                 \
	}

static const struct store_driver drivers[] = {
	CYRUS("cyrus", imap_place_all, false),
	CYRUS("cyrus_without_extensions", imap_place_little, false),
	CYRUS("cyrus_like_gmail", imap_place_like_gmail, false),
	CYRUS("cyrus_by_its_administrator", imap_place_keeping_uids, true),
};

int main(void)
{
	if (!imap_place_can(IMAP_CYRUS))
		return 0;
	imap_place_start(IMAP_CYRUS, "");
	int failed =
		store_contract(drivers, sizeof(drivers) / sizeof(drivers[0]));
	imap_place_stop();
	return failed;
}

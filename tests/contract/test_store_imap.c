/* The contract of stores, on accounts of a real Dovecot: with all that it
 * can do, and as if it could do little. */

#include "contract/store.h"

#include "lib/imap_place.h"

static const struct store_driver drivers[] = {
	{.name = "imap",
	 .prepare = imap_place_all,
	 .address = imap_place_account,
	 .wire = true,
	 .gives_uids = true,
	 .release = imap_place_release},
	{.name = "imap_without_extensions",
	 .prepare = imap_place_little,
	 .address = imap_place_account,
	 .wire = true,
	 .gives_uids = true,
	 .release = imap_place_release},
	{.name = "imap_like_gmail",
	 .prepare = imap_place_like_gmail,
	 .address = imap_place_account,
	 .wire = true,
	 .gives_uids = true,
	 .release = imap_place_release},
	{.name = "imap_with_doveadm",
	 .prepare = imap_place_keeping_uids,
	 .address = imap_place_account,
	 .wire = true,
	 .release = imap_place_release},
};

int main(void)
{
	if (!imap_place_can(IMAP_DOVECOT))
		return 0;
	imap_place_start(IMAP_DOVECOT, "");
	int failed =
		store_contract(drivers, sizeof(drivers) / sizeof(drivers[0]));
	imap_place_stop();
	return failed;
}

/* The contract of stores, on accounts of a real IMAP server: with all that it
 * can do, and as if it could do little. */

#include "contract/store.h"

#include <stdio.h>

#include "imap/answer.h"
#include "lib/imap_place.h"
#include "lib/test.h"

static void all(const struct scratch *scratch, struct bk_arena *arena,
		struct bk_store_config *config)
{
	(void)scratch;
	imap_place_config(arena, 0, config);
}

static void little(const struct scratch *scratch, struct bk_arena *arena,
		   struct bk_store_config *config)
{
	(void)scratch;
	imap_place_config(arena, UINT32_MAX, config);
}

/* As Gmail: UIDPLUS and CONDSTORE, and nothing that makes it quick. */
static void some(const struct scratch *scratch, struct bk_arena *arena,
		 struct bk_store_config *config)
{
	(void)scratch;
	imap_place_config(arena,
			  BK_IMAP_QRESYNC | BK_IMAP_MULTIAPPEND |
				  BK_IMAP_LITERAL_PLUS | BK_IMAP_LIST_STATUS,
			  config);
}

static const struct store_driver drivers[] = {
	{.name = "imap",
	 .prepare = all,
	 .address = "ann@a.test",
	 .wire = true,
	 .release = imap_place_release},
	{.name = "imap_without_extensions",
	 .prepare = little,
	 .address = "ann@a.test",
	 .wire = true,
	 .release = imap_place_release},
	{.name = "imap_like_gmail",
	 .prepare = some,
	 .address = "ann@a.test",
	 .wire = true,
	 .release = imap_place_release},
};

int main(void)
{
	if (!imap_place_can()) {
		printf("1..0 # SKIP dovecot is not here\n");
		return 0;
	}
	imap_place_start("");
	int failed =
		store_contract(drivers, sizeof(drivers) / sizeof(drivers[0]));
	imap_place_stop();
	return failed;
}

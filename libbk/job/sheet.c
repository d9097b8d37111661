/* The recovery sheet: see sheet.h. */

#include "job/sheet.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/version.h"
#include "job/command.h"
#include "job/resolve.h"
#include "job/sections.h"
#include "repo/set.h"

static void add_slots(struct bk_buf *out, const struct bk_slot_list *slots)
{
	for (size_t i = 0; i < slots->n; i++) {
		const struct bk_slot *slot = &slots->items[i];
		char hex[BK_ID_TEXT], when[BK_CLOCK_TEXT];
		bk_buf_printf(out, "%-13s%.8s  %-12s  %.10s  ",
			      i ? "" : "Key slots", bk_id_hex(hex, slot->id),
			      bk_slot_type_name(slot->type),
			      bk_clock_format(when, slot->made_ms / 1000));
		bk_escape(out, slot->label, strlen(slot->label));
		bk_buf_printf(out, "\n");
	}
}

static void add_hex(struct bk_buf *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bk_buf_printf(out, "%02x", bytes[i]);
}

/* The newest that can be read; NULL if there is none. */
static const struct bk_set_info *newest(const struct bk_set_info_list *sets)
{
	for (size_t i = sets->n; i--;) {
		if (!sets->items[i].broken)
			return &sets->items[i];
	}
	return NULL;
}

static void add_set(struct bk_buf *out, const struct bk_set_info *set)
{
	char hex[BK_ID_TEXT], when[BK_CLOCK_TEXT];

	if (!set) {
		bk_buf_printf(out, "Newest set   none yet\n");
		return;
	}
	bk_buf_printf(out, "Newest set   %s, %s of ",
		      bk_clock_format(when, set->root.end_ms / 1000),
		      bk_set_kind_name(set->root.kind));
	bk_escape(out, set->root.store_name, strlen(set->root.store_name));
	bk_buf_printf(out, " on ");
	bk_escape(out, set->root.host_name, strlen(set->root.host_name));
	bk_buf_printf(out, "\n             %s, number %ju of its host\n",
		      bk_id_hex(hex, set->id), (uintmax_t)set->root.sequence);
	bk_buf_printf(out, "             root ");
	add_hex(out, set->root_sha256, sizeof(set->root_sha256));
	bk_buf_printf(out, "\n");
}

static void add_identity(struct bk_buf *out, const struct bk_repo *repo,
			 const char *where)
{
	char hex[BK_ID_TEXT], when[BK_CLOCK_TEXT], host[65] = "";

	(void)gethostname(host, sizeof(host) - 1);
	bk_buf_printf(out, "RECOVERY SHEET\nprinted %s on %s by bk %s\n\n",
		      bk_clock_format(when, bk_clock_now()), host, BK_VERSION);
	bk_buf_printf(out, "Repository   %s\n", where);
	bk_buf_printf(out, "Identifier   %s\n", bk_id_hex(hex, repo->id));
	bk_buf_printf(out, "Made         %.10s\n",
		      bk_clock_format(when, (int64_t)repo->made_days * 86400));
}

static int add_copies(struct bk_buf *out, struct bk_settings *settings,
		      const struct bk_repo_settings *which, struct bk_err *err)
{
	struct bk_names ship = {0};
	struct bk_target_settings target;
	int rc = 0;

	bk_sections_ship(&settings->conf, which->name, NULL, &ship);
	for (size_t i = 0; i < ship.n && rc == 0; i++) {
		rc = bk_settings_target(settings, ship.items[i], &target, err);
		if (rc == 0)
			bk_buf_printf(out, "%-13s%s: %s\n", i ? "" : "Copies",
				      target.name, target.where);
	}
	bk_names_clear(&ship);
	return rc;
}

/* `there` is " -r WHERE -o ...". */
static void add_steps(struct bk_buf *out, const char *where, const char *there,
		      const struct bk_set_info *set)
{
	char hex[BK_ID_TEXT];

	bk_buf_printf(
		out,
		"\n"
		"Nobody can read the repository without the password of one "
		"of the slots\nabove.  Not even its makers: keep it apart "
		"from the machine and from this sheet.\n"
		"It is kept at: "
		"________________________________________________\n"
		"\n"
		"ON A BARE MACHINE (Debian 12)\n"
		"\n"
		"1. Install bk %s or newer.\n"
		"2. Bring the repository to %s, or name the place where a\n"
		"   copy lies instead of it below.\n"
		"3. See what is there (it asks for the password):\n"
		"\n"
		"     bk list%s\n"
		"\n"
		"   A set that is as new as the one above must be among them; "
		"else somebody\n   has put an older state in its place.\n"
		"4. Bring the mail back, into a tree that is laid out like "
		"this:\n"
		"\n"
		"     bk restore%s %s --to "
		"maildir:/var/vmail/%%d/%%n/Maildir\n"
		"\n"
		"5. Prove that all of it can be read:\n"
		"\n"
		"     bk check%s --read-data\n",
		BK_VERSION, where, there, there,
		set ? bk_id_hex(hex, set->id) : "SET", there);
}

int bk_sheet_write(const struct bk_opened *opened,
		   const struct bk_repo_settings *which,
		   struct bk_settings *settings, struct bk_buf *out,
		   struct bk_err *err)
{
	struct bk_set_info_list sets = {0};
	struct bk_slot_list slots = {0};
	struct bk_buf there = {0};

	int rc = bk_slot_list(opened->target, opened->repo->id, &slots, err);
	if (rc == 0)
		rc = bk_sets_list(opened->repo, &sets, err);
	if (rc == 0) {
		add_identity(out, opened->repo, which->where);
		rc = add_copies(out, settings, which, err);
	}
	if (rc == 0) {
		bk_command_bare(&there, which);
		add_slots(out, &slots);
		add_set(out, newest(&sets));
		add_steps(out, which->where, bk_buf_text(&there),
			  newest(&sets));
	}
	bk_buf_clear(&there);
	bk_slot_list_clear(&slots);
	bk_set_info_list_clear(&sets);
	return rc;
}

/* What a set must not do to a standby unasked: see standby_run.h. */

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/standby_run.h"
#include "report/units.h"

#define PPM            1000000
#define MAX_SHRINK_PPM 300000 /* as that of a backup is, unless it is said */
#define CLOCK_OFF_S    ((int64_t)10 * 60)

/* ---- whose sets ---- */

/* "mx1 (0123456789abcdef0123456789abcdef), ..." of one store, each identifier
 * once, and how many there are.  The caller's to free. */
static char *hosts_of(const struct bk_set_info_list *sets,
		      const struct bk_choice *choice, const char *store,
		      size_t *n)
{
	const struct bk_root **seen = bk_alloc((sets->n + 1) * sizeof(void *));
	char hex[BK_ID_TEXT], name[BK_ID_TEXT];
	struct bk_buf text = {0};

	*n = 0;
	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_set_info *info = &sets->items[i];
		size_t k = 0;
		if (info->broken || !bk_choice_takes(choice, info) ||
		    strcmp(info->root.store_name, store) != 0)
			continue;
		while (k < *n &&
		       memcmp(seen[k]->host, info->root.host, BK_ID_LEN) != 0)
			k++;
		if (k < *n)
			continue;
		seen[(*n)++] = &info->root;
		bk_buf_printf(&text, "%s%s (%s)", k ? ", " : "",
			      bk_set_host(name, &info->root),
			      bk_id_hex(hex, info->root.host));
	}
	char *out = bk_strdup(bk_buf_text(&text));
	bk_buf_clear(&text);
	free(seen);
	return out;
}

int bk_standby_check_hosts(const struct bk_set_info_list *sets,
			   const struct bk_choice *choice,
			   const struct bk_set_info *chosen, struct bk_err *err)
{
	size_t n = 0;

	if (chosen->broken)
		return 0;
	char *hosts = hosts_of(sets, choice, chosen->root.store_name, &n);
	int rc = n < 2 ? 0
		       : bk_fail(err, BK_MISUSE,
				 "sets of which host? add --host with the "
				 "beginning of one of these identifiers: %s",
				 hosts);
	free(hosts);
	return rc;
}

static bool is_same_source(const struct bk_standby_state *state,
			   const struct bk_standby_set *set)
{
	return memcmp(state->host, set->host, sizeof(set->host)) == 0 &&
	       strcmp(state->store, set->store) == 0;
}

int bk_standby_check_source(const struct bk_standby *standby,
			    const struct bk_standby_set *set,
			    struct bk_err *err)
{
	const struct bk_standby_state *state = &standby->state;
	char is[BK_ID_TEXT], was[BK_ID_TEXT];

	if (!state->has_set || standby->request->accept_source ||
	    is_same_source(state, set))
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s is of store %s on %s (%s), and what was applied is "
		       "of store %s on host %s: all mail here would become "
		       "that host's. Say whose sets are meant by --host and "
		       "--store; if the primary was set up anew: "
		       "--accept-source. Nothing changed.",
		       set->label, set->store, set->host_name,
		       bk_id_hex(is, set->host), state->store,
		       bk_id_hex(was, state->host));
}

/* ---- which one is newer ---- */

/* Of one host the sequence says it: its clock may have gone back. */
bool bk_standby_is_older(const struct bk_standby *standby,
			 const struct bk_standby_set *set)
{
	const struct bk_standby_state *state = &standby->state;

	if (!state->has_set || !is_same_source(state, set))
		return false;
	if (set->sequence != state->sequence)
		return set->sequence < state->sequence;
	return memcmp(set->id, state->set, sizeof(set->id)) < 0;
}

int bk_standby_check_order(const struct bk_standby *standby,
			   const struct bk_standby_set *set, struct bk_err *err)
{
	char label[BK_CLOCK_TEXT];

	if (!bk_standby_is_older(standby, set))
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "the newest set there, %s, is older than %s, which was "
		       "applied: it is not applied over that. Where did the "
		       "newer one go? To promote this host with what it has: "
		       "--accept-older",
		       set->label, bk_setid_time(label, standby->state.set));
}

bool bk_standby_is_ahead(int64_t taken, int64_t now)
{
	return taken > now + CLOCK_OFF_S;
}

/* ---- how much would go ---- */

int bk_standby_check_shrink(const struct bk_standby *standby,
			    const struct bk_standby_set *set,
			    struct bk_err *err)
{
	uint64_t was = standby->state.messages, now = set->messages;

	if (!standby->state.has_set || standby->request->accept_shrink ||
	    set->incomplete || now >= was ||
	    (was - now) * PPM <= was * MAX_SHRINK_PPM)
		return 0;
	return bk_fail(err, BK_UNSAFE,
		       "%s has %ju messages, and what was applied has %ju: "
		       "more than 30 %% would go. Did the primary lose mail? "
		       "If this is right: --accept-shrink. Nothing changed.",
		       set->label, (uintmax_t)now, (uintmax_t)was);
}

int bk_standby_check_set(const struct bk_standby *standby,
			 const struct bk_standby_set *set, struct bk_err *err)
{
	if (bk_standby_check_source(standby, set, err) < 0 ||
	    bk_standby_check_order(standby, set, err) < 0)
		return -1;
	return bk_standby_check_shrink(standby, set, err);
}

/* The command line of a move: see move_words.h. */

#include "job/move_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/account_as.h"
#include "base/nearest.h"
#include "base/parse.h"
#include "job/command.h"
#include "job/move_known.h"

#define JOBS_USUAL 4     /* a server has to serve others, too */
#define STOP_USUAL 50000 /* 5 % */
#define STOP_FEW   2
#define QUICK_MS   30000 /* a last pass before an account is held */
#define PASSES     5

void bk_move_words_clear(struct bk_move_words *words)
{
	bk_opt_list_clear(&words->from_options);
	bk_opt_list_clear(&words->to_options);
	bk_opt_list_clear(&words->accounts);
	bk_opt_list_clear(&words->domains);
	bk_opt_list_clear(&words->maps);
}

void bk_move_order_clear(struct bk_move_order *order)
{
	bk_move_set_close(&order->set);
	bk_move_tos_clear(&order->to);
	bk_filter_clear(&order->only);
	bk_notify_settings_clear(&order->notify);
	free(order->rule_items);
	bk_buf_clear(&order->command);
	bk_buf_clear(&order->stages);
	bk_buf_clear(&order->selection);
}

/* ---- what to do ---- */

static int find_verb(const char *word, enum bk_move_verb *out,
		     struct bk_err *err)
{
	static const char *const verbs[] = {"plan",     "preflight", "verify",
					    "status",   "report",    "rollback",
					    "announce", NULL};

	*out = BK_MOVE_RUN;
	if (!word)
		return 0;
	for (unsigned i = 0; verbs[i]; i++) {
		*out = (enum bk_move_verb)(BK_MOVE_PLAN + i);
		if (strcmp(word, verbs[i]) == 0)
			return 0;
	}
	const char *near = bk_nearest_of(word, verbs);
	if (near)
		return bk_fail(err, BK_MISUSE,
			       "unknown '%s'; did you mean '%s'?", word, near);
	return bk_fail(err, BK_MISUSE,
		       "'%s' is none of plan, preflight, announce, verify, "
		       "status, report and rollback; see: bk move --help",
		       word);
}

static int read_stages(struct bk_move_order *order, const char *stages,
		       struct bk_err *err)
{
	struct bk_names names = {0};
	int rc = 0;

	bk_names_add_words(&names, stages ? stages : "data");
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		if (strcmp(names.items[i], "account") == 0)
			order->account = true;
		else if (strcmp(names.items[i], "data") == 0)
			order->data = true;
		else
			rc = bk_fail(err, BK_MISUSE,
				     "--stages: '%s' is no stage; there are: "
				     "data, account",
				     names.items[i]);
	}
	if (rc == 0 && !names.n)
		rc = bk_fail(err, BK_MISUSE,
			     "--stages: there are: data, account");
	bk_names_clear(&names);
	return rc;
}

/* An option that only means something to an account that changes servers. */
static const char *cutover_option(const struct bk_move_words *words,
				  bool announced)
{
	if (words->leave_some)
		return "leave-some";
	if (words->route)
		return "route";
	if (words->notify_users)
		return "notify-users";
	if (words->reason)
		return "reason";
	if (words->cutover_at && !announced)
		return "cutover-at";
	return words->front && !announced ? "front" : NULL;
}

static int check_cutover(const struct bk_move_order *order,
			 const struct bk_move_words *words, struct bk_err *err)
{
	enum bk_move_verb verb = order->request.verb;
	bool back = verb == BK_MOVE_ROLLBACK;
	const char *reason = words->reason;

	if (reason && !reason[strspn(reason, " \t\r\n")])
		return bk_fail(err, BK_MISUSE,
			       "--reason: it is empty: say why nobody can log "
			       "in, or leave it out");
	if (!order->account && !back) {
		const char *word =
			cutover_option(words, verb == BK_MOVE_ANNOUNCE);
		return word ? bk_fail(err, BK_MISUSE,
				      "--%s goes with --stages data,account",
				      word)
			    : 0;
	}
	if (back && words->stages)
		return bk_fail(err, BK_MISUSE,
			       "rollback has no stages: accounts that have "
			       "moved go back, with their mail");
	if (words->as || words->into)
		return bk_fail(err, BK_MISUSE,
			       "--%s is a rehearsal: no route follows it",
			       words->as ? "as" : "into");
	if (back || verb == BK_MOVE_RUN || verb == BK_MOVE_PLAN)
		return 0;
	return bk_fail(err, BK_MISUSE, "--stages account is for a run");
}

static int find_front(struct bk_move_order *order, struct bk_settings *settings,
		      const char *word, struct bk_err *err)
{
	static const struct bk_opt_list none;
	struct bk_err why = {0};

	if (bk_move_end_find(&order->front, settings, word, &none, true, &why) <
		    0 ||
	    !order->front.remote)
		return bk_fail(err, BK_MISUSE, "--front: no server '%s' in %s",
			       word, settings->source);
	order->request.front = &order->front;
	return 0;
}

/* Routes say which server: each has to have a name for them. */
static int find_routes(struct bk_move_order *order,
		       struct bk_settings *settings,
		       const struct bk_move_words *words, struct bk_err *err)
{
	struct bk_move_cutover *cutover = &order->request.cutover;

	cutover->at = words->cutover_at;
	if (words->front && find_front(order, settings, words->front, err) < 0)
		return -1;
	cutover->wanted =
		order->account || order->request.verb == BK_MOVE_ROLLBACK;
	if (!cutover->wanted)
		return 0;
	if (bk_move_tos_routes(&order->to, settings, &order->from, words->route,
			       err) < 0)
		return -1;
	cutover->data_now = order->data;
	cutover->leave_some = words->leave_some;
	cutover->reason = words->reason;
	return 0;
}

static int check_set(const struct bk_move_words *words, enum bk_move_verb verb,
		     struct bk_err *err)
{
	if (words->from_set && verb == BK_MOVE_ROLLBACK)
		return bk_fail(err, BK_MISUSE,
			       "rollback brings mail back to a server, not to "
			       "a set: leave --from-set out when it is there "
			       "again");
	if (!words->from_set && (words->choice.host || words->choice.store))
		return bk_fail(err, BK_MISUSE, "--%s goes with --from-set",
			       words->choice.host ? "host" : "store");
	return 0;
}

static int check_verb(const struct bk_move_words *words, enum bk_move_verb verb,
		      struct bk_err *err)
{
	if (verb != BK_MOVE_VERIFY &&
	    (words->bodies || words->no_extra || words->mail_only))
		return bk_fail(err, BK_MISUSE,
			       "--bodies, --no-extra and --mail-only go with "
			       "verify");
	if (words->full && verb != BK_MOVE_RUN && verb != BK_MOVE_PLAN)
		return bk_fail(err, BK_MISUSE,
			       "--full is for a pass; verify compares all of "
			       "it anyway");
	if (check_set(words, verb, err) < 0)
		return -1;
	if ((!words->from && !words->from_set) || !words->to)
		return bk_fail(
			err, BK_MISUSE,
			"from where, and to where? Give --from and "
			"--to, each a section of the configuration, "
			"imaps://HOST, or maildir:/path/%%d/%%n/Maildir");
	return 0;
}

/* ---- which accounts and folders ---- */

static int read_filter(const struct bk_move_words *words,
		       struct bk_filter *only, struct bk_err *err)
{
	for (size_t i = 0; i < words->accounts.n; i++)
		bk_names_add(&only->include, words->accounts.items[i]);
	for (size_t i = 0; i < words->domains.n; i++) {
		size_t before = only->domains.n;
		bk_names_add_words(&only->domains, words->domains.items[i]);
		if (only->domains.n == before)
			return bk_fail(err, BK_MISUSE,
				       "--domains: '%s' has no domain in it",
				       words->domains.items[i]);
	}
	if (words->as && bk_account_as_check(words->as, err) < 0)
		return bk_context(err, "--as");
	return 0;
}

/* "FROM=TO"; a name of a folder may have a '=' in it, but then not here. */
static int read_rule(struct bk_settings *settings, const char *text,
		     struct bk_folder_rule *out, struct bk_err *err)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || strchr(equals + 1, '='))
		return bk_fail(err, BK_MISUSE,
			       "--map '%s': write FROM=TO, as Gesendet=Sent, "
			       "Old/=Archive/Old/ or Trash=",
			       text);
	out->from = bk_arena_strndup(&settings->arena, text,
				     (size_t)(equals - text));
	out->to = equals + 1;
	return 0;
}

/* A folder is the same one at both ends only if both list it whole: who says so
 * of one means both. */
static void take_views(struct bk_move_order *order, bool views)
{
	views |= order->from.settings.views;
	for (size_t i = 0; i < order->to.n; i++)
		views |= order->to.ends[i].settings.views;
	order->from.settings.views = views;
	for (size_t i = 0; i < order->to.n; i++)
		order->to.ends[i].settings.views = views;
}

static int read_rules(struct bk_move_order *order, struct bk_settings *settings,
		      const struct bk_move_words *words, struct bk_err *err)
{
	const struct bk_opt_list *maps = &words->maps;

	take_views(order, words->views);
	order->rule_items =
		bk_alloc((maps->n + 1) * sizeof(*order->rule_items));
	order->rules = (struct bk_folder_rules){
		.items = order->rule_items,
		.n = maps->n,
		.into = words->into,
		.no_special_use = words->no_special_use,
		.views = order->from.settings.views,
		.delimiter = bk_move_end_delimiter(order->to.items[0].end),
	};
	for (size_t i = 0; i < maps->n; i++)
		if (read_rule(settings, maps->items[i], &order->rule_items[i],
			      err) < 0)
			return -1;
	if (bk_folder_rules_check(&order->rules, err) < 0)
		return bk_context(err, words->into ? "--into, --map" : "--map");
	return 0;
}

/* ---- how it is said again ---- */

static void add_option(struct bk_buf *line, const char *option,
		       const char *value)
{
	if (!value)
		return;
	bk_buf_printf(line, "%s%s", line->len ? " " : "", option);
	bk_command_word(line, value);
}

static void add_list(struct bk_buf *line, const char *option,
		     const struct bk_opt_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		add_option(line, option, list->items[i]);
}

static void write_command(struct bk_move_order *order,
			  const struct bk_common *common,
			  const struct bk_move_words *words)
{
	struct bk_buf *line = &order->command;

	add_option(line, "-c", common->config);
	add_option(line, "-r", words->from_set ? common->repo : NULL);
	add_option(line, "--from-set", words->from_set);
	add_option(line, "--host", words->choice.host);
	add_option(line, "--store", words->choice.store);
	add_option(line, "--from", words->from);
	add_option(line, "--to", words->to);
	add_list(line, "--from-option", &words->from_options);
	add_list(line, "--to-option", &words->to_options);
	add_option(line, "--accounts", words->accounts_file);
	add_option(line, "--identities", words->identities);
	add_option(line, "--as", words->as);
	add_option(line, "--into", words->into);
	add_list(line, "--map", &words->maps);
	if (words->no_special_use)
		bk_buf_printf(line, " --no-special-use");
	if (words->views)
		bk_buf_printf(line, " --views");
	if (words->keep_deleted)
		bk_buf_printf(line, " --keep-deleted");
	line = &order->stages;
	add_option(line, "--stages", words->stages);
	add_option(line, "--route", words->route);
	add_option(line, "--front", words->front);
	add_option(line, "--notify-users", words->notify_users);
	if (words->leave_some)
		bk_buf_printf(line, " --leave-some");
	line = &order->selection;
	for (size_t i = 0; i < words->accounts.n; i++) {
		bk_buf_printf(line, " --account");
		bk_command_word(line, words->accounts.items[i]);
	}
	for (size_t i = 0; i < words->domains.n; i++) {
		bk_buf_printf(line, " --domains");
		bk_command_word(line, words->domains.items[i]);
	}
}

/* ---- all of it ---- */

static int check_rehearsal(const struct bk_move_order *order,
			   const struct bk_move_words *words,
			   struct bk_err *err)
{
	if (order->to.n == 1 || (!words->as && !words->into))
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "--%s is a rehearsal, which goes to one server: give "
		       "one --to",
		       words->as ? "as" : "into");
}

static unsigned jobs_of(const struct bk_settings *settings)
{
	const char *said = getenv("BK_JOBS");

	if (settings->common->jobs || (said && *said))
		return settings->jobs;
	return JOBS_USUAL;
}

static void fill_request(struct bk_move_order *order,
			 const struct bk_settings *settings,
			 const struct bk_move_words *words)
{
	const struct bk_common *common = settings->common;
	struct bk_move_request *request = &order->request;
	bool said = words->error_stop_ppm != BK_MOVE_STOP_UNSAID;

	request->from = &order->from;
	request->set = words->from_set ? order->set.label : NULL;
	request->to = order->to.items;
	request->n_to = order->to.n;
	request->to_name = order->to.name;
	request->accounts_file = words->accounts_file;
	request->identities = words->identities;
	request->only = &order->only;
	request->as = words->as;
	request->rules = &order->rules;
	request->state_dir = settings->state_dir;
	request->notify = &order->notify;
	request->letters = &order->letters;
	if (request->verb == BK_MOVE_ANNOUNCE)
		order->letters.wanted[BK_LETTER_BEFORE] = true;
	request->wait_ms = common->wait_ms;
	request->jobs = jobs_of(settings);
	request->bad_items = words->bad_items;
	request->error_stop_ppm = said ? words->error_stop_ppm : STOP_USUAL;
	request->error_stop_few = said ? 0 : STOP_FEW;
	request->dry_run = common->dry_run || request->verb == BK_MOVE_PLAN;
	request->keep_deleted = words->keep_deleted;
	request->full = words->full;
	request->bodies = words->bodies;
	request->no_extra = words->no_extra;
	request->mail_only = words->mail_only;
	bool quick = request->cutover.wanted ||
		     words->until_delta_ms != BK_MOVE_UNSAID;
	request->until_delta_ms = words->until_delta_ms != BK_MOVE_UNSAID
					  ? words->until_delta_ms
					  : QUICK_MS;
	request->max_passes = words->max_passes ? (unsigned)words->max_passes
			      : quick           ? PASSES
						: 1;
	request->style = (struct bk_listing_style){
		.out = stdout,
		.json = common->json,
		.quiet = common->quiet,
	};
	request->command = bk_buf_text(&order->command);
	request->stages = bk_buf_text(&order->stages);
	request->selection = bk_buf_text(&order->selection);
}

/* Without --from it is the store that the set was made of. */
static int find_source(struct bk_move_order *order,
		       struct bk_settings *settings,
		       struct bk_move_words *words, struct bk_outcome *outcome,
		       struct bk_err *err)
{
	const char *from = words->from;

	if (words->from_set) {
		words->choice.word = words->from_set;
		if (bk_move_set_open(&order->set, settings, &words->choice,
				     outcome, err) < 0)
			return bk_context(err, "--from-set");
		outcome->place = BK_PLACE_REQUEST;
		if (!from)
			from = order->set.store;
	}
	if (bk_move_end_find(&order->from, settings, from, &words->from_options,
			     true, err) < 0)
		return -1;
	if (words->from_set)
		bk_move_end_read_set(&order->from, order->set.set,
				     &settings->arena);
	return 0;
}

int bk_move_order_make(struct bk_move_order *out, struct bk_settings *settings,
		       struct bk_move_words *words, const char *verb,
		       struct bk_outcome *outcome, struct bk_err *err)
{
	*out = (struct bk_move_order){0};
	if (find_verb(verb, &out->request.verb, err) < 0 ||
	    check_verb(words, out->request.verb, err) < 0 ||
	    read_stages(out, words->stages, err) < 0 ||
	    check_cutover(out, words, err) < 0 ||
	    find_source(out, settings, words, outcome, err) < 0 ||
	    bk_move_tos_find(&out->to, settings, words->to, &words->to_options,
			     err) < 0 ||
	    check_rehearsal(out, words, err) < 0 ||
	    read_filter(words, &out->only, err) < 0 ||
	    read_rules(out, settings, words, err) < 0 ||
	    find_routes(out, settings, words, err) < 0 ||
	    bk_settings_notify(settings, words->notify, &out->notify, err) <
		    0 ||
	    bk_settings_letters(settings, words->notify_users, &out->letters,
				err) < 0)
		return -1;
	write_command(out, settings->common, words);
	fill_request(out, settings, words);
	bk_move_known_find(&out->request, settings);
	return 0;
}

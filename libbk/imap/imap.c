/* Connections: how they begin and end, and what is known of them. */

#include "imap/imap.h"

#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "imap/capability.h"
#include "imap/hangson.h"
#include "imap/lexer.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"

/* Namespaces that a server may have; more are not believed. */
#define NAMESPACES_MAX 64
/* Some list all that they have as the root. */
#define ROOTS_MAX 262144

static void add_other(struct bk_imap *imap, struct bk_view prefix)
{
	if (imap->n_others == NAMESPACES_MAX)
		return;
	if (!imap->others)
		imap->others = bk_arena_alloc(
			&imap->arena, NAMESPACES_MAX * sizeof(*imap->others));
	imap->others[imap->n_others++] = (struct bk_view){
		bk_arena_memdup(&imap->arena, prefix.data, prefix.len),
		prefix.len};
}

/*
 * The prefixes in the second and third of NAMESPACE's three lists: NIL, or
 * (("Other Users/" "/") ...).  In each namespace the first string is it.
 */
static void learn_others(struct bk_imap *imap, struct bk_view rest)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = &imap->arena};
	enum bk_imap_token last = BK_IMAP_END;
	struct bk_view word;
	unsigned list = 0;

	for (;;) {
		enum bk_imap_token token = bk_imap_lex(&lexer, &word);

		if (token == BK_IMAP_END || token == BK_IMAP_WRONG)
			return;
		if (token == BK_IMAP_STRING && last == BK_IMAP_OPEN &&
		    lexer.depth == 2 && list > 0 && word.len > 0)
			add_other(imap, word);
		/* A whole list, or NIL in its place, has ended. */
		if (lexer.depth == 0)
			list++;
		last = token;
	}
}

static int learn_namespace(struct bk_imap *imap, struct bk_view rest,
			   struct bk_err *err)
{
	char delimiter = 0;

	if (bk_imap_parse_namespace(rest, &imap->arena, &imap->prefix,
				    &delimiter, err) < 0)
		return -1;
	if (delimiter)
		imap->delimiter = delimiter;
	learn_others(imap, rest);
	return 0;
}

/* LIST "" "" tells the delimiter (RFC 3501, 6.3.8). */
static int learn_delimiter(struct bk_imap *imap, struct bk_view rest,
			   struct bk_err *err)
{
	struct bk_imap_mailbox root = {0};
	struct bk_arena arena = {0};
	int rc;

	if (++imap->roots > ROOTS_MAX)
		return bk_fail(err, BK_CORRUPT, "the server lists many roots");
	rc = bk_imap_parse_list(rest, &arena, &root, err);
	if (rc == 0 && !imap->delimiter)
		imap->delimiter = root.delimiter;
	bk_arena_clear(&arena);
	return rc;
}

static int learn(void *arg, const struct bk_imap_response *said,
		 struct bk_err *err)
{
	struct bk_imap *imap = arg;

	if (bk_imap_early_hear(imap, said, err) < 0)
		return -1;
	if (bk_imap_word_is(said->word, "ID"))
		return bk_imap_parse_id(said->rest, &imap->arena, &imap->server,
					err);
	if (bk_imap_word_is(said->word, "NAMESPACE"))
		return learn_namespace(imap, said->rest, err);
	if (bk_imap_word_is(said->word, "LIST"))
		return learn_delimiter(imap, said->rest, err);
	return 0;
}

/* What is not known to a server is ignored by it (RFC 5161, 3.1). */
static void say_enable(struct bk_imap *imap)
{
	uint32_t without = imap->wish.without;

	if (without & BK_IMAP_ENABLE)
		return;
	(void)bk_imap_command(imap, "ENABLE");
	bk_imap_say(imap, " %s%s",
		    without & BK_IMAP_CONDSTORE ? "X-NOTHING" : "CONDSTORE",
		    without & BK_IMAP_UTF8 ? "" : " UTF8=ACCEPT");
	if (!(without & (BK_IMAP_QRESYNC | BK_IMAP_CONDSTORE)))
		bk_imap_say(imap, " QRESYNC");
}

static bool next_line(struct bk_view *left, struct bk_view *line)
{
	const uint8_t *end = memchr(left->data, '\n', left->len);

	if (!end)
		return false;
	*line = (struct bk_view){left->data, (size_t)(end - left->data)};
	left->data = end + 1;
	left->len -= line->len + 1;
	return true;
}

/* From behind the word CAPABILITY to the end, or to that of a code. */
static struct bk_view caps_of(struct bk_view line)
{
	static const char word[] = "CAPABILITY ";
	const uint8_t *at = memmem(line.data, line.len, word, strlen(word));

	if (!at)
		return (struct bk_view){0};
	at += strlen(word);
	size_t len = (size_t)(line.data + line.len - at);
	const uint8_t *end = memchr(at, ']', len);
	if (end)
		len = (size_t)(end - at);
	while (len && at[len - 1] == '\r')
		len--;
	return (struct bk_view){at, len};
}

/* What servers say they can do, they tell with the OK to a login, too: then
 * more can be said before they are asked. */
static void learn_from_login(struct bk_imap *imap)
{
	struct bk_view left = bk_wire_login_said(imap->wire);
	struct bk_view line, caps, since = {0}, told = {0};

	while (left.len && next_line(&left, &line)) {
		caps = caps_of(line);
		if (caps.len)
			since = caps;
		if (line.len && *line.data != '*' && *line.data != '+') {
			told = since;
			since = (struct bk_view){0};
		}
	}
	bk_imap_parse_caps(told, &imap->caps);
	imap->caps.has &= ~imap->wish.without;
}

/* All at a time, though only the first answer tells which of the others the
 * server knows: it says BAD to them. */
static int get_acquainted(struct bk_imap *imap, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = learn, .arg = imap};
	size_t caps;

	bk_imap_talk_begin(imap);
	caps = bk_imap_command(imap, "CAPABILITY");
	say_enable(imap);
	if (!(imap->wish.without & BK_IMAP_ID)) {
		(void)bk_imap_command(imap, "ID");
		bk_imap_say(imap, " (\"name\" \"bk\" \"version\" \"%s\")",
			    BK_VERSION);
	}
	if (!(imap->wish.without & BK_IMAP_NAMESPACE))
		(void)bk_imap_command(imap, "NAMESPACE");
	(void)bk_imap_command(imap, "LIST");
	bk_imap_say(imap, " \"\" \"\"");
	bk_imap_early_say(imap);
	if (bk_imap_talk(imap, &hands, err) < 0)
		return -1;
	bk_imap_early_end(imap);
	return bk_imap_verdict(imap, caps, err);
}

static int compress(struct bk_imap *imap, struct bk_err *err)
{
	size_t command;

	if (!imap->wish.compress || !bk_imap_can(imap, BK_IMAP_DEFLATE))
		return 0;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "COMPRESS");
	bk_imap_say(imap, " DEFLATE");
	if (bk_imap_talk_plainly(imap, command, err) < 0)
		/* TLS may compress already (RFC 4978, 3): as well. */
		return imap->over ? -1 : 0;
	return bk_wire_deflate(imap->wire, err);
}

int bk_imap_open(struct bk_imap **out, struct bk_link *link,
		 const struct bk_wire_login *login,
		 const struct bk_imap_wish *wish, struct bk_err *err)
{
	struct bk_imap *imap = bk_alloc(sizeof(*imap));

	if (wish)
		imap->wish = *wish;
	imap->server = "";
	imap->where = link ? bk_link_url(link)->text : "the server";
	if (bk_wire_open(&imap->wire, link, login, err) < 0) {
		free(imap);
		return -1;
	}
	bk_wire_pace(imap->wire, imap->wish.down, imap->wish.up);
	imap->reader = bk_imap_reader_new(imap->wire);
	learn_from_login(imap);
	if (get_acquainted(imap, err) < 0 || compress(imap, err) < 0) {
		bk_imap_close(imap);
		return -1;
	}
	*out = imap;
	return 0;
}

void bk_imap_close(struct bk_imap *imap)
{
	struct bk_err unheard = {0};

	if (!imap)
		return;
	if (!imap->over && !imap->append.open &&
	    bk_wire_write(imap->wire, "b0 LOGOUT\r\n", 11, &unheard) == 0)
		(void)bk_wire_flush(imap->wire, &unheard);
	bk_imap_early_free(imap);
	bk_imap_reader_free(imap->reader);
	bk_wire_close(imap->wire);
	bk_arena_clear(&imap->arena);
	bk_arena_clear(&imap->selected_arena);
	bk_arena_clear(&imap->said);
	bk_buf_clear(&imap->selected_name);
	bk_buf_clear(&imap->append.mailbox);
	bk_buf_clear(&imap->out);
	free(imap->commands);
	free(imap->pauses);
	free(imap);
}

/* ---- what is known ---- */

const struct bk_imap_caps *bk_imap_caps(const struct bk_imap *imap)
{
	return &imap->caps;
}

bool bk_imap_can(const struct bk_imap *imap, enum bk_imap_cap cap)
{
	return imap->caps.has & (uint32_t)cap;
}

enum bk_imap_code bk_imap_code(const struct bk_imap *imap)
{
	return imap->code;
}

struct bk_view bk_imap_prefix(const struct bk_imap *imap)
{
	return imap->prefix;
}

char bk_imap_delimiter(const struct bk_imap *imap)
{
	return imap->delimiter;
}

bool bk_imap_is_utf8(const struct bk_imap *imap)
{
	return imap->utf8;
}

bool bk_imap_is_cyrus(const struct bk_imap *imap)
{
	return strstr(imap->server, "Cyrus") != NULL;
}

bool bk_imap_is_over(const struct bk_imap *imap)
{
	return imap->over;
}

bool bk_imap_was_dismissed(const struct bk_imap *imap)
{
	return imap->dismissed;
}

const char *bk_imap_server(const struct bk_imap *imap)
{
	return imap->server;
}

uint64_t bk_imap_traffic(const struct bk_imap *imap)
{
	return imap->wire->received + imap->wire->sent;
}

uint64_t bk_imap_round_trips(const struct bk_imap *imap)
{
	return imap->trips;
}

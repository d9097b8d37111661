/* Why a login came to nothing: see wire_why.h. */

#include "net/wire_why.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "crypto/encode.h"
#include "net/link_why.h"

/* ---- what was said ---- */

static bool begins(struct bk_view text, const char *with)
{
	size_t n = strlen(with);

	return text.len >= n &&
	       strncasecmp((const char *)text.data, with, n) == 0 &&
	       (text.len == n || text.data[n] == ' ');
}

static void note_refusal(struct bk_login_said *out, struct bk_view text)
{
	struct bk_buf shown = {0};

	bk_escape(&shown, text.data, text.len);
	(void)snprintf(out->refusal, sizeof(out->refusal), "%s",
		       bk_buf_text(&shown));
	bk_buf_clear(&shown);
}

/* A server that refuses a token may say why in a challenge (RFC 7628 3.2.2);
 * to that of XOAUTH2 libcurl gives no answer, so it is all that comes. */
static void read_challenge(struct bk_login_said *out, struct bk_view text)
{
	struct bk_buf plain = {0};

	if (bk_decode_base64(&plain, text.data, text.len) && plain.len > 0 &&
	    *plain.data == '{')
		note_refusal(out, bk_buf_view(&plain));
	bk_buf_clear(&plain);
}

/* A line without its end: "* BYE ...", "A002 NO ...". */
static void read_line(struct bk_login_said *out, struct bk_view line)
{
	const uint8_t *blank = memchr(line.data, ' ', line.len);
	bool tagged = line.len > 0 && *line.data != '*' && *line.data != '+';

	if (!blank)
		return;
	size_t tag = (size_t)(blank + 1 - line.data);
	struct bk_view rest = {blank + 1, line.len - tag};
	if (!out->greeted)
		out->preauth = begins(rest, "PREAUTH");
	out->greeted = true;
	if (*line.data == '+')
		read_challenge(out, rest);
	else if (begins(rest, "BYE") ||
		 (tagged && (begins(rest, "NO") || begins(rest, "BAD"))))
		note_refusal(out, rest);
	out->asked = !(tagged && begins(rest, "OK"));
	if (!out->asked)
		*out->refusal = 0;
}

void bk_login_said_read(struct bk_login_said *out, struct bk_view said)
{
	const uint8_t *at = said.data, *end = at + said.len;

	*out = (struct bk_login_said){0};
	while (at < end) {
		const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
		struct bk_view line = {at, (size_t)((eol ? eol : end) - at)};
		if (line.len && line.data[line.len - 1] == '\r')
			line.len--;
		read_line(out, line);
		at = eol ? eol + 1 : end;
	}
}

/* Codes come before words: who is told to try again with another password is
 * told so. */
enum bk_kind bk_login_refusal_kind(const char *refusal)
{
	static const struct {
		const char *words;
		enum bk_kind kind;
	} kinds[] = {
		{"[AUTHENTICATIONFAILED", BK_DENIED},
		{"[AUTHORIZATIONFAILED",  BK_DENIED},
		{"[EXPIRED",              BK_DENIED},
		{"[PRIVACYREQUIRED",      BK_DENIED},
		{"[CONTACTADMIN",         BK_DENIED},
		{"[UNAVAILABLE",          BK_BUSY  },
		{"[INUSE",                BK_BUSY  },
		{"[LIMIT",                BK_BUSY  },
		{"[THROTTLED",            BK_BUSY  },
		{"[SERVERBUG",            BK_BUSY  },
		{"bandwidth limit",       BK_BUSY  },
		{"maximum number",        BK_BUSY  },
		{"too many",              BK_BUSY  },
		{"temporar",              BK_BUSY  },
		{"throttl",               BK_BUSY  },
		{"try again",             BK_BUSY  },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcasestr(refusal, kinds[i].words))
			return kinds[i].kind;
	return strncasecmp(refusal, "BYE", 3) == 0 ? BK_LOST : BK_DENIED;
}

/* ---- what follows ---- */

static bool is_token(const struct bk_wire_login *login)
{
	return login->sasl == BK_SASL_XOAUTH2 ||
	       login->sasl == BK_SASL_OAUTHBEARER;
}

static const char *advice_for(const struct bk_wire_login *login)
{
	if (is_token(login))
		return "is the token one for this user and this server, and "
		       "not expired?";
	if (login->authzid)
		return "are user and password right, and may this user log in "
		       "as others?";
	return "are user and password right?";
}

static const char *user_of(const struct bk_line *line,
			   const struct bk_wire_login *login)
{
	const char *user =
		login->user ? login->user : bk_link_url(line->link)->user;

	return user ? user : "";
}

static int refused(const struct bk_line *line, const char *refusal,
		   const struct bk_wire_login *login, struct bk_err *err)
{
	enum bk_kind kind =
		*refusal ? bk_login_refusal_kind(refusal) : BK_DENIED;
	const char *user = user_of(line, login);
	struct bk_buf as = {0};
	struct bk_buf says = {0};

	if (login->authzid)
		bk_buf_printf(&as, " as '%s'", login->authzid);
	if (*refusal)
		bk_buf_printf(&says, ": the server says \"%s\"", refusal);
	bk_fail(err, kind, "login of '%s'%s refused%s%s%s", user,
		bk_buf_text(&as), bk_buf_text(&says),
		kind == BK_DENIED ? "; " : "",
		kind == BK_DENIED ? advice_for(login) : "");
	bk_buf_clear(&as);
	bk_buf_clear(&says);
	return -1;
}

static int no_mechanism(const struct bk_wire_login *login, struct bk_err *err)
{
	static const char *const names[] = {
		[BK_SASL_AUTO] = "passwords (AUTH=PLAIN, AUTH=LOGIN, LOGIN)",
		[BK_SASL_PLAIN] = "AUTH=PLAIN",
		[BK_SASL_XOAUTH2] = "AUTH=XOAUTH2",
		[BK_SASL_OAUTHBEARER] = "AUTH=OAUTHBEARER",
	};

	if (login->sasl == BK_SASL_AUTO && login->authzid)
		return bk_fail(err, BK_DENIED,
			       "the server takes no AUTH=PLAIN here, without "
			       "which nobody can log in as '%s'",
			       login->authzid);
	return bk_fail(err, BK_DENIED,
		       "the server takes no %s here; another port, or another "
		       "way to log in?",
		       names[login->sasl]);
}

static int no_tls(const struct bk_login_said *said, struct bk_err *err)
{
	if (said->preauth)
		return bk_fail(err, BK_DENIED,
			       "the server greets with PREAUTH, after which "
			       "there is no STARTTLS; use imaps://");
	return bk_fail(err, BK_DENIED,
		       "the server offers no STARTTLS here, so nothing was "
		       "sent that is secret; use imaps://, or allow-cleartext "
		       "= yes where nobody can listen");
}

/* What came in one breath with the answer to STARTTLS (CVE-2011-0411). */
static bool is_injected(CURLcode code, const struct bk_login_said *said)
{
	return code == CURLE_WEIRD_SERVER_REPLY && said->greeted &&
	       !said->asked;
}

/* Did the stream end, after the server had said why? */
static bool is_farewell(CURLcode code, const char *refusal)
{
	return *refusal &&
	       (code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_RECV_ERROR ||
		code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING);
}

int bk_wire_why(struct bk_line *line, const struct bk_login_said *said,
		const struct bk_wire_login *login, struct bk_err *err)
{
	if (line->result == CURLE_USE_SSL_FAILED)
		return no_tls(said, err);
	if (line->result == CURLE_LOGIN_DENIED && said->asked)
		return refused(line, said->refusal, login, err);
	if (line->result == CURLE_LOGIN_DENIED)
		return no_mechanism(login, err);
	if (is_injected(line->result, said))
		return bk_fail(err, BK_DENIED,
			       "more came with the answer to STARTTLS than its "
			       "answer: somebody in between? Nothing secret "
			       "was sent");
	if (is_farewell(line->result, said->refusal))
		return bk_fail(err, bk_login_refusal_kind(said->refusal),
			       "the server says \"%s\"", said->refusal);
	return bk_line_why(line, err);
}

/* What all that speaks HTTP has in common: see http.h. */

#include "net/http.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"

/* ---- what headers say ---- */

int64_t bk_http_date(const char *text)
{
	/* It knows all three forms, whatever the locale is. */
	time_t at = text ? curl_getdate(text, NULL) : -1;

	return at > 0 ? (int64_t)at : 0;
}

/* Decimal digits from *text on, which moves behind them. */
static bool take_number(const char **text, uint64_t *out)
{
	const char *at = *text;
	uint64_t n = 0;

	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*at - '0'), &n))
			return false;
	if (at == *text)
		return false;
	*text = at;
	*out = n;
	return true;
}

bool bk_http_content_length(const char *text, uint64_t *out)
{
	return text && take_number(&text, out) && !*text;
}

uint32_t bk_http_retry_after(const char *text, int64_t now)
{
	uint64_t seconds = 0;

	if (!bk_http_content_length(text, &seconds)) {
		int64_t at = bk_http_date(text);
		seconds = at > now ? (uint64_t)(at - now) : 0;
	}
	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

bool bk_http_content_range(const char *text, struct bk_http_range *out)
{
	struct bk_http_range range = {.size = UINT64_MAX};

	if (!text || strncasecmp(text, "bytes ", 6) != 0)
		return false;
	text += 6;
	if (!take_number(&text, &range.first) || *text++ != '-' ||
	    !take_number(&text, &range.last) || *text++ != '/')
		return false;
	if (strcmp(text, "*") != 0 && (!take_number(&text, &range.size) ||
				       *text || range.last >= range.size))
		return false;
	if (range.first > range.last)
		return false;
	*out = range;
	return true;
}

/* ---- what a status means ---- */

/* clang-format off */
static const struct {
	long status;
	enum bk_kind kind;
	const char *text;
} statuses[] = {
	{400, BK_FAILED,  "Bad Request"},
	{401, BK_DENIED,  "Unauthorized: are user and password right?"},
	{403, BK_DENIED,  "Forbidden: may this login do that here?"},
	{404, BK_GONE,    "Not Found"},
	{405, BK_FAILED,  "Method Not Allowed"},
	{407, BK_DENIED,
	 "Proxy Authentication Required: are the proxy's user and password "
	 "right?"},
	{408, BK_LOST,    "Request Timeout"},
	{409, BK_FAILED,  "Conflict"},
	{410, BK_GONE,    "Gone"},
	{411, BK_FAILED,  "Length Required"},
	{412, BK_EXISTS,  "Precondition Failed: it is there already"},
	{413, BK_FAILED,
	 "Content Too Large: the server must allow larger files (nginx: "
	 "client_max_body_size)"},
	{416, BK_CORRUPT, "Range Not Satisfiable: it ends before"},
	{423, BK_BUSY,    "Locked"},
	{425, BK_LOST,    "Too Early"},
	{429, BK_BUSY,    "Too Many Requests"},
	{500, BK_LOST,    "Internal Server Error: its log may say why"},
	{501, BK_FAILED,  "Not Implemented"},
	{502, BK_LOST,    "Bad Gateway"},
	{503, BK_BUSY,    "Service Unavailable"},
	{504, BK_LOST,    "Gateway Timeout"},
	{507, BK_FULL,    "Insufficient Storage: no room is left there"},
};
/* clang-format on */

/* nginx answers 500 to a PUT that it cannot store.  One that stands before
 * another server hands that one's pages on. */
static bool is_full_nginx(const struct bk_http_answer *answer)
{
	return answer->put && answer->status == 500 && answer->server &&
	       strncmp(answer->server, "nginx", 5) == 0 && answer->complaint &&
	       strstr(answer->complaint, "<center>nginx");
}

/* And 400 to who has no client's certificate, or a wrong one. */
static bool lacks_certificate(const struct bk_http_answer *answer)
{
	return answer->status == 400 && answer->complaint &&
	       strstr(answer->complaint, "SSL certificate");
}

int bk_http_explain(const struct bk_http_answer *answer, struct bk_err *err)
{
	long status = answer->status;
	int rc;

	if (status == 0)
		return bk_fail(err, BK_LOST, "no answer came");
	if (status / 100 == 3)
		return bk_fail(err, BK_DENIED,
			       "HTTP %ld: redirect to %.300s, which is not "
			       "followed; if it lies there, give that URL",
			       status,
			       answer->location ? answer->location : "nowhere");
	if (status == 401 && answer->anonymous)
		return bk_fail(err, BK_DENIED,
			       "HTTP 401: the server wants a login: put the "
			       "user before the host in the URL, and say where "
			       "the password is");
	if (is_full_nginx(answer))
		return bk_fail(err, BK_FULL,
			       "HTTP 500: nginx says so when no room is left, "
			       "or when it may not write there: look into its "
			       "error log");
	if (lacks_certificate(answer))
		return bk_fail(err, BK_DENIED,
			       "HTTP 400: the server wants a client's "
			       "certificate that it trusts: client-cert = "
			       "FILE");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		if (statuses[i].status != status)
			continue;
		rc = bk_fail(err, statuses[i].kind, "HTTP %ld %s", status,
			     statuses[i].text);
		if (err->kind == BK_LOST || err->kind == BK_BUSY)
			err->retry_after_s = bk_http_retry_after(
				answer->retry_after, bk_clock_now());
		return rc;
	}
	return bk_fail(err, BK_FAILED, "HTTP %ld was not expected", status);
}

int bk_http_fail(const struct bk_line *line, struct bk_err *err)
{
	struct bk_buf complaint = {0};
	const char *method = NULL;

	(void)curl_easy_getinfo(line->easy, CURLINFO_EFFECTIVE_METHOD, &method);
	bk_buf_add(&complaint, line->complaint.data, line->complaint.len);
	bool user = bk_link_url(line->link)->user ||
		    bk_link_access(line->link)->netrc;
	struct bk_http_answer answer = {
		.status = bk_line_status(line),
		.anonymous = !user,
		.location = bk_line_header(line, "Location"),
		.retry_after = bk_line_header(line, "Retry-After"),
		.server = bk_line_header(line, "Server"),
		.complaint = bk_buf_text(&complaint),
		.put = method && strcmp(method, "PUT") == 0,
	};
	int rc = bk_http_explain(&answer, err);
	bk_buf_clear(&complaint);
	return rc;
}

int bk_http_run(struct bk_line *line, struct bk_err *err)
{
	if (bk_line_run(line, err) < 0)
		return -1;
	return bk_line_status(line) / 100 == 2 ? 0 : bk_http_fail(line, err);
}

bool bk_http_is_page(const struct bk_line *line)
{
	const char *type = bk_line_header(line, "Content-Type");

	return type && (strncasecmp(type, "text/html", 9) == 0 ||
			strncasecmp(type, "application/xhtml", 17) == 0);
}

int bk_http_fail_page(struct bk_err *err)
{
	return bk_fail(err, BK_DENIED,
		       "a web page came instead of the file: does a gateway "
		       "or the server want a login?");
}

/* ---- getting ---- */

struct stretch {
	struct bk_sink sink;
	const struct bk_line *line;
	struct bk_sink *to;
	uint64_t offset, len;
	uint64_t skip, left; /* to be left out; still wanted */
	uint64_t size;       /* of the file; UINT64_MAX: not said */
	bool at_most;        /* it may be shorter than len */
	bool begun;
	bool whole;  /* all of the file comes, not the range */
	bool enough; /* the rest is not wanted */
	bool exact;  /* after what is wanted nothing comes */
};

static int ends_before(const struct stretch *get, uint64_t size,
		       struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT,
		       "it ends after %ju bytes; %ju from byte %ju on were "
		       "asked for",
		       (uintmax_t)size, (uintmax_t)get->len,
		       (uintmax_t)get->offset);
}

static int says_no_size(struct bk_err *err)
{
	return bk_fail(err, BK_FAILED,
		       "the server does not say how long it is");
}

static int check_range(struct stretch *get, struct bk_err *err)
{
	const char *text = bk_line_header(get->line, "Content-Range");
	struct bk_http_range range;

	if (!bk_http_content_range(text, &range) || range.first != get->offset)
		return bk_fail(err, BK_CORRUPT,
			       "the server sends other bytes than those that "
			       "were asked for (Content-Range: %.100s)",
			       text ? text : "none");
	uint64_t n = range.last - range.first + 1;
	get->size = range.size;
	if (n < get->len && range.last + 1 == range.size) {
		if (!get->at_most)
			return ends_before(get, range.size, err);
		get->len = get->left = n;
	}
	if (n != get->len)
		return bk_fail(err, BK_CORRUPT,
			       "the server sends %ju bytes instead of %ju",
			       (uintmax_t)n, (uintmax_t)get->len);
	return 0;
}

static int check_length(struct stretch *get, struct bk_err *err)
{
	uint64_t length = 0;

	bool sized = bk_http_content_length(
		bk_line_header(get->line, "Content-Length"), &length);
	if (get->whole && sized)
		get->size = length;
	if (get->at_most && get->size == UINT64_MAX)
		return says_no_size(err);
	if (!sized)
		return 0;
	if (get->whole && get->at_most && length < get->len)
		get->len = get->left = length;
	uint64_t want = get->skip + get->len;
	if (get->whole && length < want)
		return ends_before(get, length, err);
	if (!get->whole && length != want)
		return bk_fail(err, BK_CORRUPT,
			       "the server sends %ju bytes instead of %ju",
			       (uintmax_t)length, (uintmax_t)want);
	get->exact = length == want;
	return 0;
}

/* Looks at the headers before anything of the body is handed on. */
static int begin_body(struct stretch *get, struct bk_err *err)
{
	const struct bk_line *line = get->line;
	const char *coding = bk_line_header(line, "Content-Encoding");
	long status = bk_line_status(line);

	get->begun = true;
	get->whole = status == 200;
	if (status != 200 && status != 206)
		return bk_http_fail(line, err);
	if (coding && strcasecmp(coding, "identity") != 0)
		return bk_fail(err, BK_FAILED,
			       "the server sends it %.40s coded, which was not "
			       "asked for",
			       coding);
	if (get->whole && bk_http_is_page(line))
		return bk_http_fail_page(err);
	if (!get->whole && check_range(get, err) < 0)
		return -1;
	if (get->whole)
		get->skip = get->offset;
	return check_length(get, err);
}

static int take(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *err)
{
	struct stretch *get = (struct stretch *)sink;
	const char *at = data;

	if (!get->begun && begin_body(get, err) < 0)
		return -1;
	uint64_t skipped = get->skip < len ? get->skip : len;
	get->skip -= skipped;
	at += skipped;
	len -= (size_t)skipped;
	size_t n = get->left < len ? (size_t)get->left : len;
	if (n && get->to->write(get->to, at, n, err) < 0)
		return -1;
	get->left -= n;
	if (len > n && !get->whole)
		return bk_fail(err, BK_CORRUPT,
			       "the server sends more than the %ju bytes that "
			       "were asked for",
			       (uintmax_t)get->len);
	get->enough = get->whole && get->left == 0 && !get->exact;
	return get->enough ? bk_fail(err, BK_CANCELLED, "enough") : 0;
}

static int run_get(struct bk_line *line, struct stretch *get,
		   struct bk_err *err)
{
	struct bk_buf range = {0};
	uint64_t last;

	if (__builtin_add_overflow(get->offset, get->len - 1, &last))
		return bk_fail(err, BK_CORRUPT, "no file is that long");
	bk_buf_printf(&range, "%ju-%ju", (uintmax_t)get->offset,
		      (uintmax_t)last);
	(void)curl_easy_setopt(line->easy, CURLOPT_RANGE, bk_buf_text(&range));
	bk_buf_clear(&range);
	bk_line_into(line, &get->sink);
	struct bk_err why = {0};
	int rc = bk_http_run(line, &why);
	if (get->enough)
		return 0;
	if (rc == 0 && !get->begun)
		rc = begin_body(get, &why);
	if (rc == 0 && get->left)
		rc = bk_fail(&why, BK_LOST,
			     "the body broke off %ju bytes early",
			     (uintmax_t)get->left);
	if (rc < 0)
		*err = why;
	return rc;
}

int bk_http_get(struct bk_line *line, uint64_t offset, uint64_t len,
		struct bk_sink *to, struct bk_err *err)
{
	struct stretch get = {
		.sink.write = take,
		.line = line,
		.to = to,
		.offset = offset,
		.len = len,
		.left = len,
	};

	return run_get(line, &get, err);
}

int bk_http_peek(struct bk_line *line, uint64_t most, struct bk_sink *to,
		 uint64_t *size, struct bk_err *err)
{
	struct stretch get = {
		.sink.write = take,
		.line = line,
		.to = to,
		.len = most,
		.left = most,
		.size = UINT64_MAX,
		.at_most = true,
	};

	if (run_get(line, &get, err) < 0)
		return -1;
	*size = get.size;
	return 0;
}

int bk_http_size(struct bk_line *line, uint64_t *size, struct bk_err *err)
{
	(void)curl_easy_setopt(line->easy, CURLOPT_NOBODY, 1L);
	if (bk_http_run(line, err) < 0)
		return -1;
	if (bk_http_is_page(line))
		return bk_http_fail_page(err);
	if (bk_line_status(line) != 200 ||
	    !bk_http_content_length(bk_line_header(line, "Content-Length"),
				    size))
		return says_no_size(err);
	return 0;
}

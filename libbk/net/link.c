/* Connections to a server, and the policy that they keep: see link.h. */

#include "net/link.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/password.h"
#include "crypto/secret.h"

#define CONNECT_TIMEOUT_S 30L
#define BUFFER_SIZE       524288L
#define TIDY_MS           3000L
#define TOKEN_MS          300000

struct bk_link {
	const struct bk_url *url;
	const struct bk_access *access;
	struct bk_secret password, token, proxy_password, key_password;
	struct bk_secret fresh_token; /* as it was asked for last */
	int64_t asked_ms;             /* when; monotonic */
	pthread_mutex_t token_lock;   /* of these two */
	pthread_mutex_t lock;         /* of `idle` */
	struct bk_line *idle;
};

/* GnuTLS asks for this when it is loaded: shall it leave itself alone until
 * somebody wants it (GNUTLS_SKIP_GLOBAL_INIT)?  libcurl has it along for RTMP,
 * which nobody speaks here, and being ready for that takes 0.8 MiB. */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void)
{
	return 1;
}

static void start_libcurl(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

/* ---- opening ---- */

static int check_scheme(const struct bk_url *url,
			const struct bk_access *access, struct bk_err *err)
{
	static const struct {
		const char *clear, *instead;
	} schemes[] = {
		{"ftp",  "ftpes://"},
                {"http", "https://"}
        };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strcmp(url->transport, schemes[i].clear) == 0 &&
		    !access->allow_cleartext)
			return bk_fail(
				err, BK_MISUSE,
				"%s is clear text: who listens reads the "
				"password; use %s, or say "
				"allow-cleartext = yes",
				url->transport, schemes[i].instead);
	return 0;
}

/* libcurl wants a NUL at the end. */
static int fetch_secret(struct bk_secret *out, const char *from,
			const char *what, const struct bk_url *url,
			struct bk_err *err)
{
	struct bk_secret text = {0};
	char *prompt;

	if (!from)
		return 0;
	prompt = bk_asprintf("%s for %s", what, url->text);
	int rc = bk_password_get(&text, from, prompt, false, err);
	if (rc == 0) {
		bk_secret_alloc(out, text.len + 1);
		memcpy(out->data, text.data, text.len);
	}
	bk_secret_clear(&text);
	free(prompt);
	return rc;
}

static int fetch_secrets(struct bk_link *link, struct bk_err *err)
{
	const struct bk_access *access = link->access;
	const struct bk_url *url = link->url;

	if (fetch_secret(&link->password, access->password, "password", url,
			 err) < 0 ||
	    fetch_secret(&link->token, access->token, "session token", url,
			 err) < 0 ||
	    fetch_secret(&link->proxy_password, access->proxy_password,
			 "proxy's password", url, err) < 0)
		return -1;
	return fetch_secret(&link->key_password, access->client_key_password,
			    "password of the client's key", url, err);
}

int bk_link_open(struct bk_link **out, const struct bk_url *url,
		 const struct bk_access *access, struct bk_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct bk_link *link;

	(void)pthread_once(&once, start_libcurl);
	if (check_scheme(url, access, err) < 0)
		return bk_context(err, "%s", url->text);
	link = bk_alloc(sizeof(*link));
	link->url = url;
	link->access = access;
	(void)pthread_mutex_init(&link->lock, NULL);
	(void)pthread_mutex_init(&link->token_lock, NULL);
	if (fetch_secrets(link, err) < 0) {
		bk_link_close(link);
		return bk_context(err, "%s", url->text);
	}
	if (link->token.len)
		bk_secret_set(&link->fresh_token, link->token.data,
			      link->token.len);
	link->asked_ms = bk_clock_monotonic_ms();
	*out = link;
	return 0;
}

static void line_free(struct bk_line *line)
{
	/* The connection belongs to the multi handle: it says goodbye. */
	(void)curl_multi_cleanup(line->multi);
	curl_easy_cleanup(line->easy);
	curl_slist_free_all(line->headers);
	bk_buf_clear(&line->replies);
	bk_buf_clear(&line->complaint);
	free(line);
}

void bk_link_close(struct bk_link *link)
{
	if (!link)
		return;
	while (link->idle) {
		struct bk_line *line = link->idle;
		link->idle = line->next;
		line_free(line);
	}
	bk_secret_clear(&link->password);
	bk_secret_clear(&link->token);
	bk_secret_clear(&link->fresh_token);
	bk_secret_clear(&link->proxy_password);
	bk_secret_clear(&link->key_password);
	(void)pthread_mutex_destroy(&link->lock);
	(void)pthread_mutex_destroy(&link->token_lock);
	free(link);
}

const struct bk_url *bk_link_url(const struct bk_link *link)
{
	return link->url;
}

const struct bk_access *bk_link_access(const struct bk_link *link)
{
	return link->access;
}

static const char *text_of(const struct bk_secret *secret)
{
	return secret->len ? (const char *)secret->data : "";
}

const char *bk_link_password(const struct bk_link *link)
{
	return text_of(&link->password);
}

const char *bk_link_token(const struct bk_link *link)
{
	return text_of(&link->token);
}

const char *bk_link_key_password(const struct bk_link *link)
{
	return link->key_password.len ? text_of(&link->key_password) : NULL;
}

/* Nobody types a token every five minutes, and the rest does not change. */
static bool may_be_renewed(const char *from)
{
	return strncmp(from, "command:", 8) == 0 ||
	       strncmp(from, "file:", 5) == 0;
}

/* One that is only old may still be good: then a command that fails does no
 * harm yet. */
static int renew_token(struct bk_link *link, bool refused, struct bk_err *err)
{
	struct bk_secret fresh = {0};
	struct bk_err why = {0};

	if (fetch_secret(&fresh, link->access->token, "token", link->url,
			 &why) < 0) {
		bk_secret_clear(&fresh);
		if (!refused)
			return 0;
		*err = why;
		return bk_context(err, "a new token");
	}
	bk_secret_clear(&link->fresh_token);
	link->fresh_token = fresh;
	link->asked_ms = bk_clock_monotonic_ms();
	return 0;
}

int bk_link_fresh_token(struct bk_link *link, const struct bk_secret *refused,
			struct bk_secret *out, struct bk_err *err)
{
	const char *from = link->access->token;
	int rc = 0;

	if (!from)
		return bk_fail(err, BK_MISUSE,
			       "no token; say token = command:PROGRAM");
	(void)pthread_mutex_lock(&link->token_lock);
	bool same = refused && bk_secret_equal(refused, &link->fresh_token);
	bool old = bk_clock_monotonic_ms() - link->asked_ms >= TOKEN_MS;
	if ((same || old) && may_be_renewed(from))
		rc = renew_token(link, same, err);
	if (rc == 0)
		bk_secret_set(out, link->fresh_token.data,
			      link->fresh_token.len);
	(void)pthread_mutex_unlock(&link->token_lock);
	return rc;
}

/* ---- lines ---- */

struct bk_line *bk_link_take(struct bk_link *link)
{
	struct bk_line *line;

	(void)pthread_mutex_lock(&link->lock);
	line = link->idle;
	if (line)
		link->idle = line->next;
	(void)pthread_mutex_unlock(&link->lock);
	if (line) {
		line->next = NULL;
		return line;
	}
	line = bk_alloc(sizeof(*line));
	line->link = link;
	line->easy = curl_easy_init();
	line->multi = curl_multi_init();
	if (!line->easy || !line->multi)
		abort(); /* as all small allocations do */
	return line;
}

void bk_link_give(struct bk_line *line)
{
	struct bk_link *link = line->link;

	bk_line_stop(line);
	line->tidying = false;
	(void)pthread_mutex_lock(&link->lock);
	line->next = link->idle;
	link->idle = line;
	(void)pthread_mutex_unlock(&link->lock);
}

static void set_text(CURL *easy, CURLoption option, const char *text)
{
	if (text && *text)
		(void)curl_easy_setopt(easy, option, text);
}

static bool is_scheme(const struct bk_link *link, const char *prefix)
{
	return strncmp(link->url->transport, prefix, strlen(prefix)) == 0;
}

static int line_index(void)
{
	static atomic_int index = -1;
	int have = atomic_load(&index);

	/* Two threads may take one each: the first one counts. */
	if (have < 0) {
		int mine = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
		have = atomic_compare_exchange_strong(&index, &have, mine)
			       ? mine
			       : have;
	}
	return have;
}

static void see_alert(const SSL *ssl, int where, int alert)
{
	SSL_CTX *context = SSL_get_SSL_CTX(ssl);
	struct bk_line *line = SSL_CTX_get_ex_data(context, line_index());

	if (where == SSL_CB_READ_ALERT && line && context == line->newest_tls &&
	    (alert & 0xff) == SSL_AD_CLOSE_NOTIFY)
		line->ended_by_tls = true;
}

/* libcurl takes every end of a connection for the end of the data. */
static CURLcode watch_for_the_end(CURL *easy, void *context, void *arg)
{
	struct bk_line *line = arg;

	(void)easy;
	(void)SSL_CTX_set_ex_data(context, line_index(), line);
	SSL_CTX_set_info_callback(context, see_alert);
	line->newest_tls = context;
	line->ended_by_tls = false;
	return CURLE_OK;
}

bool bk_line_ended(const struct bk_line *line)
{
	return strcmp(line->link->url->transport, "ftp") == 0 ||
	       line->ended_by_tls;
}

/* Paths as they are, from the root; data only from the server itself. */
static void set_ftp(struct bk_line *line)
{
	CURL *easy = line->easy;

	line->newest_tls = NULL;
	line->ended_by_tls = false;
	(void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
			       watch_for_the_end);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, line);
	(void)curl_easy_setopt(easy, CURLOPT_FTP_FILEMETHOD,
			       (long)CURLFTPMETHOD_NOCWD);
	(void)curl_easy_setopt(easy, CURLOPT_FTP_SKIP_PASV_IP, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_FTPSSLAUTH, (long)CURLFTPAUTH_TLS);
}

static void set_tls(const struct bk_link *link, CURL *easy)
{
	const struct bk_access *access = link->access;
	long version = CURL_SSLVERSION_TLSv1_2;

	/* Servers that want a session to be used again break uploads over
	 * TLS 1.3 with this libcurl (7.88). */
	if (is_scheme(link, "ftp"))
		version |= CURL_SSLVERSION_MAX_TLSv1_2;
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, version);
	set_text(easy, CURLOPT_CAINFO, access->ca);
	set_text(easy, CURLOPT_PROXY_CAINFO, access->ca);
	set_text(easy, CURLOPT_PINNEDPUBLICKEY, access->pin);
	set_text(easy, CURLOPT_SSLCERT, access->client_cert);
	set_text(easy, CURLOPT_SSLKEY, access->client_key);
	set_text(easy, CURLOPT_KEYPASSWD, text_of(&link->key_password));
	if (access->here && !access->ca && !access->pin) {
		(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (is_scheme(link, "ftpes"))
		(void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
				       (long)CURLUSESSL_ALL);
	if (is_scheme(link, "imap") || is_scheme(link, "smtp"))
		(void)curl_easy_setopt(easy, CURLOPT_USE_SSL,
				       access->allow_cleartext
					       ? (long)CURLUSESSL_TRY
					       : (long)CURLUSESSL_ALL);
}

static void set_login(const struct bk_link *link, CURL *easy)
{
	/* S3 signs with its keys instead: see target/s3. */
	if (strcmp(link->url->scheme, "s3") == 0)
		return;
	set_text(easy, CURLOPT_USERNAME, link->url->user);
	set_text(easy, CURLOPT_PASSWORD, text_of(&link->password));
	(void)curl_easy_setopt(easy, CURLOPT_NETRC,
			       link->access->netrc ? (long)CURL_NETRC_OPTIONAL
						   : (long)CURL_NETRC_IGNORED);
}

static void set_proxy(const struct bk_link *link, CURL *easy)
{
	const char *proxy = link->access->proxy;

	/* An empty one keeps the environment's out. */
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, proxy ? proxy : "");
	/* Without it, libcurl has the proxy speak FTP for it. */
	(void)curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL,
			       strncmp(link->url->transport, "ftp", 3) == 0);
	set_text(easy, CURLOPT_PROXYPASSWORD, text_of(&link->proxy_password));
}

static void set_policy(struct bk_line *line)
{
	const struct bk_link *link = line->link;
	uint32_t timeout_s = link->access->timeout_s;
	CURL *easy = line->easy;

	timeout_s = timeout_s ? timeout_s : BK_ACCESS_TIMEOUT_S;
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
			       "ftp,ftps,http,https,imap,imaps,smtp,smtps");
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
			       timeout_s < CONNECT_TIMEOUT_S
				       ? (long)timeout_s
				       : CONNECT_TIMEOUT_S);
	(void)curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT,
			       (long)timeout_s);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			       (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	if (is_scheme(link, "ftp"))
		set_ftp(line);
	set_tls(link, easy);
	set_login(link, easy);
	set_proxy(link, easy);
	if (line->tidying)
		(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, TIDY_MS);
}

/* libcurl has no name for explicit TLS. */
static const char *curl_scheme(const struct bk_link *link)
{
	return is_scheme(link, "ftpes") ? "ftp" : link->url->transport;
}

void bk_line_to(struct bk_line *line, const char *path)
{
	struct bk_buf text = {0};

	bk_url_origin(&text, line->link->url, curl_scheme(line->link));
	/* FTP takes a path that begins with // from the root, not from the
	 * folder of the login. */
	bk_buf_printf(&text, "%s", is_scheme(line->link, "ftp") ? "/" : "");
	bk_url_escape(&text, path);
	bk_line_to_url(line, bk_buf_text(&text));
	bk_buf_clear(&text);
}

void bk_line_to_url(struct bk_line *line, const char *url)
{
	if (line->renewed)
		curl_easy_cleanup(line->easy);
	if (line->renewed)
		line->easy = curl_easy_init();
	if (!line->easy)
		abort(); /* as all small allocations do */
	line->renewed = false;
	curl_easy_reset(line->easy);
	line->replies.len = 0;
	line->complaint.len = 0;
	curl_slist_free_all(line->headers);
	line->headers = NULL;
	bk_line_add_header(line, "Expect:");
	line->to = NULL;
	line->sink_err = (struct bk_err){0};
	set_policy(line);
	(void)curl_easy_setopt(line->easy, CURLOPT_URL, url);
}

void bk_line_add_header(struct bk_line *line, const char *header)
{
	struct curl_slist *more = curl_slist_append(line->headers, header);

	if (!more)
		abort(); /* as all small allocations do */
	line->headers = more;
}

void bk_line_tidy(struct bk_line *line)
{
	line->tidying = true;
}

const char *bk_line_header(const struct bk_line *line, const char *name)
{
	struct curl_header *header = NULL;

	if (curl_easy_header(line->easy, name, 0, CURLH_HEADER, -1, &header) !=
	    CURLHE_OK)
		return NULL;
	return header->value;
}

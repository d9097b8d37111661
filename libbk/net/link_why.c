/* What became of an act that failed: see link_why.h. */

#include "net/link_why.h"

#include <stdio.h>
#include <string.h>

#include "base/cancel.h"

static const struct {
	CURLcode code;
	enum bk_kind kind;
	const char *advice;
} failures[] = {
	{CURLE_FAILED_INIT,              BK_LOST,    NULL                          },
	{CURLE_UNSUPPORTED_PROTOCOL,     BK_MISUSE,
	 "this libcurl was built without it"                                       },
	{CURLE_URL_MALFORMAT,            BK_MISUSE,  NULL                          },
	{CURLE_COULDNT_RESOLVE_PROXY,    BK_LOST,    "is the proxy's name right?"  },
	{CURLE_COULDNT_RESOLVE_HOST,     BK_LOST,
	 "is the name right, and does the name server answer?"                     },
	{CURLE_COULDNT_CONNECT,          BK_LOST,
	 "is the server running, and its port open from here?"                     },
	{CURLE_WEIRD_SERVER_REPLY,       BK_LOST,
	 "is this the right port for this protocol?"                               },
	{CURLE_REMOTE_ACCESS_DENIED,     BK_DENIED,
	 "may this login use this folder?"                                         },
	{CURLE_FTP_ACCEPT_FAILED,        BK_LOST,    NULL                          },
	{CURLE_FTP_WEIRD_PASS_REPLY,     BK_LOST,    NULL                          },
	{CURLE_FTP_WEIRD_PASV_REPLY,     BK_LOST,    NULL                          },
	{CURLE_FTP_WEIRD_227_FORMAT,     BK_LOST,    NULL                          },
	{CURLE_FTP_CANT_GET_HOST,        BK_LOST,    NULL                          },
	{CURLE_HTTP2,                    BK_LOST,    NULL                          },
	{CURLE_HTTP2_STREAM,             BK_LOST,    NULL                          },
	{CURLE_PARTIAL_FILE,             BK_LOST,    NULL                          },
	{CURLE_UPLOAD_FAILED,            BK_REFUSED, NULL                          },
	{CURLE_OPERATION_TIMEDOUT,       BK_LOST,
	 "is the network up, and is it the right port for this protocol?"          },
	{CURLE_SSL_CONNECT_ERROR,        BK_LOST,
	 "does the server speak TLS 1.2 or newer on this port?"                    },
	{CURLE_LDAP_CANNOT_BIND,         BK_DENIED,  NULL                          },
	{CURLE_GOT_NOTHING,              BK_LOST,    NULL                          },
	{CURLE_SSL_ENGINE_NOTFOUND,      BK_MISUSE,  NULL                          },
	{CURLE_SEND_ERROR,               BK_LOST,    NULL                          },
	{CURLE_RECV_ERROR,               BK_LOST,    NULL                          },
	{CURLE_SSL_CERTPROBLEM,          BK_MISUSE,
	 "are client-cert and client-key right?"                                   },
	{CURLE_PEER_FAILED_VERIFICATION, BK_DENIED,  NULL                          },
	{CURLE_USE_SSL_FAILED,           BK_DENIED,
	 "this server offers no TLS here; is it ftps:// or another port?"          },
	{CURLE_SEND_FAIL_REWIND,         BK_LOST,    NULL                          },
	{CURLE_LOGIN_DENIED,             BK_DENIED,  "are user and password right?"},
	{CURLE_REMOTE_DISK_FULL,         BK_FULL,    NULL                          },
	{CURLE_REMOTE_FILE_NOT_FOUND,    BK_GONE,    NULL                          },
	{CURLE_SSL_CACERT_BADFILE,       BK_MISUSE,  "is ca = FILE right?"         },
	{CURLE_SSL_SHUTDOWN_FAILED,      BK_LOST,    NULL                          },
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, BK_DENIED,
	 "its key is not the one that pin names: a new certificate, or another "
	 "server"								  },
	{CURLE_PROXY,                    BK_LOST,    "is the proxy right?"         },
	{CURLE_SSL_CLIENTCERT,           BK_DENIED,
	 "the server wants a client's certificate: client-cert = FILE"             },
};

static bool is_ftp(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strncmp(url->transport, "ftp", 3) == 0;
}

static bool is_smtp(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);

	return strncmp(url->transport, "smtp", 4) == 0;
}

/* Is it what an FTP or SMTP server said that ended the act?  421 comes at any
 * time, and libcurl calls it a time-out. */
static bool was_replied(const struct bk_line *line)
{
	static const CURLcode codes[] = {
		CURLE_WEIRD_SERVER_REPLY,    CURLE_REMOTE_ACCESS_DENIED,
		CURLE_FTP_WEIRD_PASS_REPLY,  CURLE_FTP_WEIRD_PASV_REPLY,
		CURLE_FTP_COULDNT_SET_TYPE,  CURLE_PARTIAL_FILE,
		CURLE_FTP_COULDNT_RETR_FILE, CURLE_QUOTE_ERROR,
		CURLE_UPLOAD_FAILED,         CURLE_FTP_COULDNT_USE_REST,
		CURLE_USE_SSL_FAILED,        CURLE_LOGIN_DENIED,
		CURLE_REMOTE_DISK_FULL,      CURLE_REMOTE_FILE_NOT_FOUND,
	};
	long status = bk_line_status(line);

	if (is_smtp(line))
		return status >= 400 && status < 600;
	if (!is_ftp(line) || status < 400)
		return false;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == line->result)
			return true;
	return status == 421 && line->result == CURLE_OPERATION_TIMEDOUT;
}

/* RFC 5321, 4.2.1; RFC 4954, 6. */
static enum bk_kind kind_of_smtp(const char *reply)
{
	static const char *const login[] = {"530", "534", "535", "538"};

	if (strncmp(reply, "452", 3) == 0 || strncmp(reply, "552", 3) == 0)
		return BK_FULL;
	for (size_t i = 0; i < sizeof(login) / sizeof(*login); i++)
		if (strncmp(reply, login[i], 3) == 0)
			return BK_DENIED;
	return *reply == '4' ? BK_BUSY : BK_REFUSED;
}

static enum bk_kind kind_of_reply(const struct bk_line *line, const char *reply)
{
	enum bk_kind kind =
		is_smtp(line) ? kind_of_smtp(reply) : bk_reply_kind(reply);
	bool passes = kind == BK_BUSY || kind == BK_LOST;

	/* A login may be refused by any code. */
	return (line->result == CURLE_LOGIN_DENIED ||
		line->result == CURLE_USE_SSL_FAILED) &&
			       !passes
		       ? BK_DENIED
		       : kind;
}

static const char *advice_for(CURLcode result)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == result)
			return failures[i].advice;
	return NULL;
}

/* The last line with the code that ended the act: what came after it is the
 * answer to QUIT. */
static const char *refusal_of_smtp(struct bk_line *line)
{
	struct bk_view said = bk_buf_view(&line->replies), refusal = {0};
	const uint8_t *eol;
	char code[16];

	(void)snprintf(code, sizeof(code), "%ld", bk_line_status(line));
	while ((eol = memchr(said.data, '\n', said.len))) {
		size_t len = (size_t)(eol - said.data) + 1;
		if (len > 4 && memcmp(said.data, code, 3) == 0)
			refusal = (struct bk_view){said.data, len};
		said.data += len;
		said.len -= len;
	}
	bk_reply_last(line->reply, refusal);
	return line->reply;
}

static int failed_by_reply(struct bk_line *line, struct bk_err *err)
{
	const char *reply =
		is_smtp(line) ? refusal_of_smtp(line) : bk_line_reply(line);
	enum bk_kind kind = kind_of_reply(line, reply);
	const char *advice =
		kind == BK_DENIED ? advice_for(line->result) : NULL;

	return bk_fail(err, kind, "the server says \"%s\"%s%s", reply,
		       advice ? "; " : "", advice ? advice : "");
}

/* What is wrong with a certificate, as OpenSSL counts: X509_V_ERR_*. */
static const char *certificate_advice(const struct bk_line *line)
{
	const struct bk_url *url = bk_link_url(line->link);
	long result = 0;

	if (strcmp(url->transport, "sftp") == 0)
		return NULL; /* a host's key: libcurl says what is wrong */
	(void)curl_easy_getinfo(line->easy, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result <= 1) /* it was not looked at that far */
		return "it is for another name: is the host in the URL right?";
	if (result == 9 || result == 10)
		return "it must be renewed there, unless the clock of this "
		       "host is wrong";
	return "if it is the right server, give the certificate of its "
	       "authority: ca = FILE";
}

static const char *advice_of(const struct bk_line *line, const char *text,
			     const char *advice)
{
	static const char *const words[] = {"version", "protocol", "cipher",
					    "http request", "handshake"};
	if (line->result == CURLE_PEER_FAILED_VERIFICATION)
		return certificate_advice(line);
	if (line->result == CURLE_COULDNT_CONNECT &&
	    bk_link_access(line->link)->proxy)
		return "is the proxy running, and its port open from here?";
	if (line->result != CURLE_SSL_CONNECT_ERROR)
		return advice;
	/* Was there nothing that both speak, or did it just break? */
	size_t i = 0;
	while (i < 5 && !strcasestr(text, words[i]))
		i++;
	return i < 5 ? advice : NULL;
}

static int failed_by_libcurl(const struct bk_line *line, const char *text,
			     struct bk_err *err)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].code != line->result)
			continue;
		const char *advice = advice_of(line, text, failures[i].advice);
		return bk_fail(err, failures[i].kind, "%s%s%s", text,
			       advice ? "; " : "", advice ? advice : "");
	}
	return bk_fail(err, BK_FAILED, "%s (libcurl %d)", text,
		       (int)line->result);
}

int bk_line_why(struct bk_line *line, struct bk_err *err)
{
	const struct bk_access *access = bk_link_access(line->link);
	const char *text =
		line->error[0] ? line->error : curl_easy_strerror(line->result);

	if (line->sink_err.kind != BK_OK) {
		*err = line->sink_err;
		return -1;
	}
	if (was_replied(line))
		return failed_by_reply(line, err);
	if (line->result == CURLE_ABORTED_BY_CALLBACK && line->stalled)
		return bk_fail(err, BK_LOST,
			       "nothing came or went for %u s; is the network "
			       "up?",
			       access->timeout_s ? access->timeout_s
						 : BK_ACCESS_TIMEOUT_S);
	if (line->result == CURLE_ABORTED_BY_CALLBACK)
		return bk_cancelled(err) < 0
			       ? -1
			       : bk_fail(err, BK_CANCELLED, "interrupted");
	return failed_by_libcurl(line, text, err);
}

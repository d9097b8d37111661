/* Until when a server's certificate holds: see cert.h. */

#include "net/cert.h"

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "net/link.h"

/* UTC seconds; INT64_MAX of what cannot be read. */
static int64_t end_of(const char *pem)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	struct tm tm = {0};
	int64_t ends = INT64_MAX;

	if (cert && ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm))
		ends = timegm(&tm);
	X509_free(cert);
	BIO_free(bio);
	return ends;
}

static int64_t first_end(CURL *easy)
{
	static const char key[] = "Cert:";
	struct curl_certinfo *info = NULL;
	int64_t first = INT64_MAX;

	if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    !info)
		return first;
	for (int i = 0; i < info->num_of_certs; i++) {
		const struct curl_slist *line = info->certinfo[i];
		for (; line; line = line->next) {
			if (strncmp(line->data, key, strlen(key)) != 0)
				continue;
			int64_t ends = end_of(line->data + strlen(key));
			if (ends < first)
				first = ends;
		}
	}
	return first;
}

int bk_cert_ends(const struct bk_url *url, const struct bk_access *access,
		 int64_t *ends, struct bk_err *err)
{
	struct bk_access bare = *access;
	struct bk_url nobody = *url;
	struct bk_link *link = NULL;
	struct bk_err why = {0};

	bare.password = bare.token = NULL;
	bare.netrc = false;
	nobody.user = NULL;
	if (bk_link_open(&link, &nobody, &bare, err) < 0)
		return -1;
	struct bk_line *line = bk_link_take(link);
	bk_line_to(line, "");
	(void)curl_easy_setopt(line->easy, CURLOPT_CERTINFO, 1L);
	int rc = bk_line_hold(line, &why);
	*ends = first_end(line->easy);
	/* What fails behind TLS is the login that was never meant. */
	if (rc < 0 && *ends != INT64_MAX)
		rc = 0;
	if (rc < 0)
		*err = why;
	bk_link_give(line);
	bk_link_close(link);
	return rc;
}

package io.ordinaut.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://a.test/?api_key=abc",
        "https://a.test/x?q=1&token=abc",
        "https://a.test?ACCESS-TOKEN=abc#x",
        "https://a.test/?sig=abc",
        "https://a.test/?X-Amz-Signature=abc",
        "https://a.test/?client_secret=abc",
        "https://a.test/?api%5Fkey=abc",
        "https://a.test/?password=hunter2",
        "https://a.test/?key=AIzaSyB1234567890abc",
        "https://a.test/${params.x}?apikey=abc",
        "https://${params.user}@a.test/",
        "HTTPS://me:pw@a.test/x?q=1",
        "https://me@a.test",
        "https://a.test/?pass=abc",
        "https://a.test/?bot_token=abc",
        "https://a.test/?webhook_token=abc",
        "https://a.test/?a=1;token=abc",
        "https://a.test/?x=ghp_abcabcabcabc",
        "https://a.test/?access_token=abcdefgh12345678${params.y}"
      })
  void a_credential_in_a_url_is_refused_with_what_to_do(String url) {
    assertThat(Credentials.faultOfUrl(url))
        .contains("PUT /v1/secrets/{name}", "${secrets.NAME}")
        .doesNotContain("abc", "hunter2", "me:pw");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://a.test/?q=token",
        "https://a.test/token/password?page_token=x&next=api_key",
        "https://a.test/?token=&show_password=false",
        "https://a.test/?key=name&author=me@x.test&sort=sig",
        "https://a.test/@me?x=y@z",
        "https://a.test/?api_key=${secrets.KEY}",
        "https://a.test/?token={token}",
        "https://a.test/{id}{?token,api_key}",
        "${params.url}",
        "https://a.test/?x=%zz&token",
        "https://a.test/?nextPageToken=abc&sync_token=abc&cursor_token=abc",
        "https://a.test/?access_token=v1.${secrets.KEY}"
      })
  void what_is_harmless_passes(String url) {
    assertThat(Credentials.faultOfUrl(url)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "X-Custom, Bearer abcdef",
    "X-Custom, ' bearer  abcdef '",
    "X-Custom, Basic dXNlcjpwYXNz",
    "X-Custom, basic dXNlcjpwYXNzdw==",
    "Authorization, abc",
    "X-Api-Key, abc",
    "Private-Token, abc",
    "Cookie, a=b",
    "X-Passwd, abc",
    "X-Jwt, abc",
    "X-Pwd, abc",
    "X-Session-Id, abc",
    "X-Sig, abc",
    "X-HMAC, abc",
    "X-PAT, glpat-abcdefgh",
    "Ocp-Apim-Subscription-Key, abc",
    "X-Functions-Key, abc",
    "X-Amz-Security-Token, abc",
    "X-Custom, Token ghp_abcdefgh12345678",
    "X-Custom, eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
    "Authorization, 'Bearer sk-live-abcdef123456${params.x}'",
    "Authorization, 'Custom abcdefgh12345678${params.x}'"
  })
  void a_credential_in_a_header_is_refused(String name, String value) {
    assertThat(Credentials.faultOfHeader(name, value)).contains("${secrets.NAME}");
  }

  @ParameterizedTest
  @CsvSource({
    "Accept, application/json",
    "X-Author, me",
    "X-Keywords, a",
    "Idempotency-Key, one",
    "X-Title, Basic settings",
    "X-Title, Basic English grammar",
    "X-Title, Bearer of good news",
    "X-Api-Key, ''",
    "X-CSRF-Token, Fetch",
    "X-Idempotency-Key, one",
    "x-ms-documentdb-partitionkey, '[\"a\"]'",
    "Surrogate-Key, page-12",
    "Sort-Key, name",
    "X-Max-Tokens, 500",
    "X-Tokenizer, words",
    "Accept-Signature, sig1",
    "X-Authority, a.test",
    "X-Authoring-Tool, vi",
    "X-Secretary, Ana",
    "X-Hockey-Team, a",
    "X-Turkey, a",
    "X-Custom, Bearer bonds",
    "Authorization, 'Bearer ${secrets.KEY}'",
    "Authorization, 'ApiKey ${secrets.ID}:${secrets.KEY}'",
    "Cookie, 'connect.sid=${secrets.SESSION}; theme=dark'",
    "Authorization, 'Signature keyId=\"main\",algorithm=\"rsa-sha256\",signature=\"${secrets.SIGNED}\"'"
  })
  void a_header_that_is_none_passes(String name, String value) {
    assertThat(Credentials.faultOfHeader(name, value)).isNull();
  }

  @Test
  void a_port_is_between_1_and_65535() {
    assertThat(HttpUrl.faultOf("https://a.test:65535/x")).isNull();
    assertThat(HttpUrl.faultOf("http://[::1]")).isNull();
    for (String url :
        new String[] {"https://a.test:0", "https://a.test:65536/", "https://a.test:99999999999/"}) {
      assertThat(HttpUrl.faultOf(url)).as(url).contains("a port from 1 to 65535");
    }
    assertThat(HttpUrl.faultOf("a b")).startsWith("is not a URL: ");
    assertThat(HttpUrl.faultOf("ftp://a.test/")).startsWith("must begin with https://");
  }
}

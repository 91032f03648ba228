//! Database URLs: reading them, and showing them without secrets.

use std::fmt;

use crate::domain::values::hex;

const IN_A_PATH: &[u8] = b"/-._~";

/// A database URL: `sqlite://path` or `postgres://…`.
#[derive(Clone, PartialEq, Eq)]
pub enum Url {
    /// The path of a file of SQLite.
    Sqlite(String),
    /// A server of PostgreSQL; the text is libpq's connection URL.
    Postgres(String),
}

impl Url {
    /// Reads a URL. A scheme of another database is refused in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        match scheme {
            "sqlite" if !rest.is_empty() && rest != ":memory:" => Ok(Self::Sqlite(rest.to_owned())),
            "sqlite" => Err("sqlite:// needs the path of a file, as in sqlite://data/green-homes.db".to_owned()),
            "postgres" | "postgresql" => Ok(Self::Postgres(text.to_owned())),
            "" => Err("the database URL has no scheme; use sqlite://path or postgres://user@host/name".to_owned()),
            other => Err(format!("databases of the scheme {other}:// are not supported; use sqlite:// or postgres://")),
        }
    }
}

impl Url {
    /// The URL with the user and without a password, for the operator's other programs.
    #[must_use]
    pub fn without_password(&self) -> String {
        let Self::Postgres(url) = self else { return self.to_string() };
        let (place, options) = url.split_once('?').unwrap_or((url, ""));
        let (scheme, rest) = place.split_once("://").unwrap_or(("postgres", place));
        let (account, host) = rest.rsplit_once('@').unwrap_or(("", rest));
        let user = account.split(':').next().unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        let kept: Vec<&str> = options.split('&').filter(|o| !o.is_empty() && !o.contains("password=")).collect();
        let options = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
        format!("{scheme}://{user}{at}{host}{options}")
    }
}

/// Shows the URL without user and password.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{path}"),
            Self::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
                write!(f, "postgres://{}", place.split('?').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A path, escaped as in a URI.
pub(super) fn escaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || IN_A_PATH.contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex(&[byte]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_url_of_another_scheme_says_what_is_supported() {
        assert!(Url::parse("mysql://x").unwrap_err().contains("mysql://"));
        assert!(Url::parse("data.db").unwrap_err().contains("no scheme"));
        assert!(Url::parse("sqlite://").unwrap_err().contains("path"));
        assert!(Url::parse("postgresql://h/d").is_ok());
    }

    #[test]
    fn escaped_path_leads_to_the_same_file_in_a_uri() {
        assert_eq!(escaped("/a b/\u{e9}?#%.db"), "/a%20b/%c3%a9%3f%23%25.db");
    }

    #[test]
    fn url_without_password_keeps_what_a_tool_needs_to_connect() {
        let shown = |url| Url::parse(url).unwrap().without_password();
        assert_eq!(
            shown("postgres://u:p%40ss@h:5432/green?sslmode=require&password=x"),
            "postgres://u@h:5432/green?sslmode=require"
        );
        assert_eq!(shown("postgres:///green?host=/run/pg&user=u"), "postgres:///green?host=/run/pg&user=u");
    }

    #[test]
    fn display_of_a_url_hides_user_password_and_options() {
        let url = Url::parse("postgres://u:p%40ss@h:5432/green?password=x").unwrap();
        assert_eq!(format!("{url} {url:?}"), "postgres://h:5432/green postgres://h:5432/green");
    }
}

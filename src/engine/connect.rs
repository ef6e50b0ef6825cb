//! A connection URL as the variables that PostgreSQL's programs read, so that it never stands among arguments.
//!
//! `postgres://user:password@host:port/database?host=/run/postgresql&sslmode=require`. What is not of that shape yields only
//! what could be read; the program then says itself what it lacks.

/// `PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD`, `PGDATABASE`, and `PG…` for the parameters that have a variable.
pub fn variables(url: &str) -> Vec<(&'static str, String)> {
    let Some((_, rest)) = url.split_once("://") else {
        return Vec::new();
    };
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let (host, port) = host_and_port(place);
    let mut found = vec![
        ("PGUSER", decoded(user)),
        ("PGPASSWORD", decoded(password)),
        ("PGHOST", decoded(host)),
        ("PGPORT", port.to_owned()),
        ("PGDATABASE", decoded(database)),
    ];
    found.extend(query.split('&').filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((variable(key)?, decoded(value)))
    }));
    found.retain(|(_, value)| !value.is_empty());
    found
}

fn host_and_port(place: &str) -> (&str, &str) {
    if let Some(end) = place.strip_prefix('[').and_then(|rest| rest.find(']')) {
        return (&place[1..=end], place[end + 2..].trim_start_matches(':'));
    }
    place.rsplit_once(':').unwrap_or((place, ""))
}

fn variable(key: &str) -> Option<&'static str> {
    Some(match key {
        "host" => "PGHOST",
        "port" => "PGPORT",
        "user" => "PGUSER",
        "password" => "PGPASSWORD",
        "dbname" => "PGDATABASE",
        "sslmode" => "PGSSLMODE",
        "sslrootcert" => "PGSSLROOTCERT",
        "options" => "PGOPTIONS",
        "application_name" => "PGAPPNAME",
        "connect_timeout" => "PGCONNECT_TIMEOUT",
        "target_session_attrs" => "PGTARGETSESSIONATTRS",
        _ => return None,
    })
}

/// `%40` is `@`; what is no such code stays.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> String {
        variables(url).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_url_reaches_psql_as_variables() {
        let full = of("postgres://ops:p%40ss%3Aword@db.example:5433/shop?sslmode=require&unknown=1");
        let wanted = "PGUSER=ops PGPASSWORD=p@ss:word PGHOST=db.example PGPORT=5433 PGDATABASE=shop PGSSLMODE=require";
        assert_eq!(full, wanted);
    }

    #[test]
    fn a_socket_folder_and_an_address_in_brackets_are_hosts() {
        assert_eq!(of("postgresql:///shop?host=/run/pg&user=ops"), "PGDATABASE=shop PGHOST=/run/pg PGUSER=ops");
        assert_eq!(of("postgres://[::1]:5432/shop"), "PGHOST=::1 PGPORT=5432 PGDATABASE=shop");
    }

    #[test]
    fn what_is_no_url_yields_nothing_and_does_not_panic() {
        for text in ["", "shop", "postgres://", "postgres://[", "postgres://[]", "a://%", "a://%4", "a://é%é@"] {
            let _ = of(text);
        }
        assert_eq!(of("shop"), "");
    }
}

//! Swallowtail: a self-hosted MSN Messenger service.

pub mod accounts;
pub mod chat;
pub mod cli;
pub mod client;
pub mod client_config;
pub mod client_setup;
pub mod client_table;
pub mod control;
pub mod doctor;
pub mod gateway;
pub mod http;
pub mod listeners;
pub mod net;
pub mod notification;
pub mod passport;
pub mod presence;
pub mod proxy;
pub mod quirks;
pub mod rates;
pub mod roster;
pub mod server;
pub mod service;
pub mod store;
pub mod switchboard;
pub mod tls;
mod web;

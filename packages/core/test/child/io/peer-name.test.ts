import { describe, expect, it } from 'vitest';
import { OriginNames, peerName } from '../../../src/child/io/peer-name.js';

describe('the name of a peer', () => {
  it.each([
    ['127.0.0.1', 3306, '127.0.0.1:3306'],
    ['localhost', '6379', 'localhost:6379'],
    ['::1', 80, '[::1]:80'],
    ['[::1]', 80, '[::1]:80'],
    ['db.example:5432', undefined, 'db.example:5432'],
    ['/run/mysqld.sock', undefined, '/run/mysqld.sock'],
    ['\\\\.\\pipe\\db', undefined, '\\\\.\\pipe\\db'],
    ['user:s3cret@host', 80, 'host:80'],
    ['host/s3cret?key=s3cret', 80, 'host:80'],
    ['host', 's3cret', 'host'],
    ['', 80, ''],
    [undefined, 80, ''],
    [{}, 80, ''],
  ])('%s, %s: %s', (address, port, name) => {
    expect(peerName(address, port)).toBe(name);
  });

  it('is at most 200 characters long', () => {
    expect(peerName('h'.repeat(1000), 80).length).toBe(200);
    expect(peerName(`/${'p'.repeat(1000)}`, undefined).length).toBe(200);
  });

  it('of an origin has its default port, and no user', () => {
    const origins = new OriginNames();
    expect(origins.get('http://example.test')).toBe('example.test:80');
    expect(origins.get('https://user:s3cret@example.test/s3cret?a=s3cret')).toBe('example.test:443');
    expect(origins.get(new URL('http://[::1]:8080/'))).toBe('[::1]:8080');
    expect(origins.get('s3cret')).toBeUndefined();
    expect(origins.get(5)).toBeUndefined();
  });
});

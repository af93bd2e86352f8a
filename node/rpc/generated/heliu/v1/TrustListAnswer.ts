// Original file: proto/heliu/v1/trust.proto


export interface TrustListAnswer {
  'signedList'?: (Buffer | Uint8Array | string);
}

export interface TrustListAnswer__Output {
  'signedList': (Buffer);
}

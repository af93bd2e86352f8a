// Original file: proto/heliu/v1/trust.proto


export interface ProposeTrustListAnswer {
  'version'?: (string);
  'digest'?: (string);
}

export interface ProposeTrustListAnswer__Output {
  'version': (string);
  'digest': (string);
}
